using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>A body with one value that is long.</summary>
/// <param name="Fault">The fault, and its duration.</param>
/// <param name="IsBeyondAll">True if no field of any body accepts as much.</param>
internal sealed record LongBody(string Fault, JsonObject Body, bool IsBeyondAll);

/// <summary>Puts long values into bodies: into each text, list and map of their types, those that an example leaves out included.</summary>
internal static class LongValues
{
    // A property of a row holds 32,768 characters.
    private static readonly int[] s_texts = [9_000, 20_000, 40_000, 60_000];

    /// <summary>The bodies.</summary>
    /// <param name="type">The type that the body is read as.</param>
    /// <param name="valid">A valid body.</param>
    public static IEnumerable<LongBody> Of(Type type, JsonObject valid) => Places(type, [], valid).SelectMany(place =>
        ValuesOf(place.Property).Select(value => new LongBody($"{string.Join('/', place.Path)}: {value.Fault}", Put(valid, place.Path, value.Value), value.IsBeyondAll)));

    private static IEnumerable<(string[] Path, PropertyInfo Property)> Places(Type type, string[] above, JsonNode? valid)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
        {
            string[] path = [.. above, JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)];
            var element = ElementOf(property.PropertyType);
            if (property.PropertyType == typeof(string) || element is not null)
                yield return (path, property);
            var (below, index) = element is null ? (property.PropertyType, (string[])[]) : (element, ["0"]);
            if (below.Namespace?.StartsWith("Cloudreve.", StringComparison.Ordinal) != true || below.IsEnum)
                continue;
            foreach (var place in Places(below, [.. path, .. index], null))
                yield return place;
        }
    }

    private static Type? ElementOf(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : null;

    private static IEnumerable<(string Fault, JsonNode Value, bool IsBeyondAll)> ValuesOf(PropertyInfo property)
    {
        if (property.PropertyType == typeof(string))
            return TextsOf(property).Select(text => (text.Fault, (JsonNode)text.Text, text.IsBeyondAll));
        if (property.PropertyType.Name.Contains("Dictionary", StringComparison.Ordinal))
            return Maps();
        return ElementOf(property.PropertyType) == typeof(string) ? Lists(property) : [("120,000 objects", Repeat(120_000, () => new JsonObject()), true)];
    }

    private static IEnumerable<(string Fault, string Text, bool IsBeyondAll)> TextsOf(PropertyInfo property)
    {
        foreach (var length in s_texts)
        {
            yield return ($"{length} letters", new string('a', length), false);
            yield return ($"{length} characters that JSON escapes", new string('\u4e2d', length), false);
        }
        yield return ("200,000 letters", new string('a', 200_000), true);
        if (property.GetCustomAttribute<LongestAttribute>() is not LongestUriAttribute)
            yield break;
        foreach (var length in s_texts)
        {
            yield return ($"a query of {length}", $"cloudreve://my/folder?name={new string('a', length)}", false);
            yield return ($"a password of {length}", $"cloudreve://x:{new string('a', length)}@my/folder", false);
        }
        yield return ("a path of 120 long names", "cloudreve://my/" + string.Join('/', Enumerable.Repeat(string.Concat(Enumerable.Repeat("%E4%B8%AD", 85)), 120)), false);
    }

    private static IEnumerable<(string Fault, JsonNode Value, bool IsBeyondAll)> Lists(PropertyInfo property)
    {
        yield return ("1,000 texts of 255", Repeat(1_000, () => new string('a', 255)), false);
        yield return ("1,000 escaped texts of 255", Repeat(1_000, () => new string('\u4e2d', 255)), false);
        yield return ("16,000 short texts", Repeat(16_000, () => "a"), false);
        yield return ("120,000 short texts", Repeat(120_000, () => "a"), true);
        foreach (var text in TextsOf(property))
            yield return ($"one text of {text.Fault}", new JsonArray(text.Text), text.IsBeyondAll);
    }

    private static IEnumerable<(string Fault, JsonNode Value, bool IsBeyondAll)> Maps()
    {
        yield return ("2,000 texts of 255", new JsonObject(Enumerable.Range(0, 2_000).Select(i => KeyValuePair.Create($"tag:{i}", (JsonNode?)new string('a', 255)))), false);
        yield return ("120,000 keys", new JsonObject(Enumerable.Range(0, 120_000).Select(i => KeyValuePair.Create($"tag:{i}", (JsonNode?)""))), true);
        foreach (var length in s_texts)
        {
            yield return ($"a key of {length}", new JsonObject { ["dav:" + new string('a', length)] = "x" }, false);
            yield return ($"a value of {length}", new JsonObject { ["dav:a"] = new string('a', length) }, false);
            yield return ($"an escaped value of {length}", new JsonObject { ["dav:a"] = new string('\u4e2d', length) }, false);
        }
        yield return ("a value of 200,000", new JsonObject { ["dav:a"] = new string('a', 200_000) }, true);
    }

    private static JsonArray Repeat(int count, Func<JsonNode> make) => [.. Enumerable.Range(0, count).Select(_ => make())];

    private static JsonObject Put(JsonObject valid, string[] path, JsonNode value)
    {
        var root = (JsonObject)valid.DeepClone();
        JsonNode node = root;
        foreach (var (name, next) in path.Zip(path.Skip(1)))
            node = Child(node, name, next);
        if (node is JsonArray list)
            list[0] = value;
        else
            node[path[^1]] = value;
        return root;
    }

    /// <summary>The node below a name, created where the example has none.</summary>
    private static JsonNode Child(JsonNode node, string name, string next)
    {
        if (node is JsonArray list)
        {
            if (list.Count == 0)
                list.Add(new JsonObject());
            return list[0]!;
        }
        return node[name] ??= next == "0" ? new JsonArray() : new JsonObject();
    }
}
