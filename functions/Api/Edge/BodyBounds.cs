using System.Collections;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Refuses texts and lists of JSON bodies that are too long, before any of them is used: a text that fits no property of a row must not get as
/// far as storage. It holds for every body; one that needs more says so with <see cref="LongestAttribute"/>.
/// </summary>
internal static class BodyBounds
{
    /// <summary>Maximum length of a text, in characters: half of what a property of a row holds.</summary>
    public const int Characters = 16_384;

    /// <summary>Maximum number of elements of a list or map.</summary>
    public const int Elements = 100_000;

    /// <summary>Adds the check to a type that is read from JSON.</summary>
    public static void Enforce(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        var bounded = type.Properties
            .Where(property => property.Get is not null && HoldsTexts(property.PropertyType))
            .Select(property => (property.Name, Read: property.Get!, Most: MostOf(property)))
            .ToList();
        if (bounded.Count == 0)
            return;
        var checkNulls = type.OnDeserialized;
        type.OnDeserialized = body =>
        {
            checkNulls?.Invoke(body);
            foreach (var (name, read, most) in bounded)
                Check(name, read(body), most);
        };
    }

    private static int MostOf(JsonPropertyInfo property) =>
        (property.AttributeProvider as MemberInfo)?.GetCustomAttribute<LongestAttribute>()?.Characters ?? Characters;

    private static bool HoldsTexts(Type type) => typeof(IEnumerable).IsAssignableFrom(type);

    private static void Check(string name, object? value, int most)
    {
        switch (value)
        {
            case string text when text.Length > most:
                throw new CloudreveException(ErrorCode.BadParameter, $"The value of {name} is too long.");
            case ICollection list when list.Count > Elements:
                throw new CloudreveException(ErrorCode.BadParameter, $"There are too many values in {name}.");
            case IDictionary map:
                CheckAll(name, map.Keys, most);
                CheckAll(name, map.Values, most);
                break;
            case IEnumerable list and not string:
                CheckAll(name, list, most);
                break;
        }
    }

    private static void CheckAll(string name, IEnumerable values, int most)
    {
        foreach (var value in values)
            Check(name, value, most);
    }
}
