using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Refuses null among the elements of lists and the values of maps whose types do not allow it. The serialiser's own check of
/// nullable annotations ends at properties.
/// </summary>
internal static class NullElements
{
    /// <summary>Adds the check to a type that is read from JSON.</summary>
    public static void Refuse(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        var nullability = new NullabilityInfoContext();
        var collections = type.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanRead && property.GetIndexParameters().Length == 0)
            .Select(property => (property.Name, Read: (Func<object, object?>)property.GetValue, Nullability: nullability.Create(property)))
            .Where(property => HoldsElements(property.Nullability))
            .ToList();
        if (collections.Count == 0)
            return;
        type.OnDeserialized = body =>
        {
            foreach (var (name, read, expected) in collections)
                Check(name, read(body), expected);
        };
    }

    private static bool HoldsElements(NullabilityInfo info) =>
        info.Type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(info.Type) && ElementOf(info) is not null;

    private static NullabilityInfo? ElementOf(NullabilityInfo info) => info.ElementType ?? info.GenericTypeArguments.LastOrDefault();

    private static void Check(string name, object? value, NullabilityInfo info)
    {
        if (value is null || !HoldsElements(info))
            return;
        var element = ElementOf(info)!;
        foreach (var item in value is IDictionary map ? map.Values : (IEnumerable)value)
        {
            if (item is null && element.ReadState == NullabilityState.NotNull)
                throw new JsonException($"{name} holds null.");
            Check(name, item, element);
        }
    }
}
