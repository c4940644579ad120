using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudreve.Core.Site.Settings;

/// <summary>
/// JSON of settings. Clients and the product go through it without expecting null, so null is refused, and left out of what was stored
/// before it was.
/// </summary>
internal static class SettingJson
{
    /// <summary>Checks whether a text is a JSON object or list.</summary>
    public static bool IsOfParts(string text)
    {
        if (text is not ['{' or '[', ..])
            return false;
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Checks whether a text is JSON of a kind, with no null at any depth.</summary>
    /// <param name="kind">An object or a list.</param>
    public static bool IsWhole(string text, JsonValueKind kind)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == kind && !HoldsNull(document.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A stored text without null; unchanged when it is not JSON.</summary>
    public static string WithoutNull(string text)
    {
        if (!text.Contains("null", StringComparison.Ordinal))
            return text;
        try
        {
            if (JsonNode.Parse(text) is not { } root)
                return text;
            RemoveNull(root);
            return root.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // JSON with duplicate names is ambiguous.
            return text;
        }
    }

    private static bool HoldsNull(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => element.EnumerateArray().Any(HoldsNull),
        JsonValueKind.Object => element.EnumerateObject().Any(property => HoldsNull(property.Value)),
        _ => false,
    };

    private static void RemoveNull(JsonNode node)
    {
        switch (node)
        {
            case JsonArray list:
                for (var i = list.Count - 1; i >= 0; i--)
                {
                    if (list[i] is { } item)
                        RemoveNull(item);
                    else
                        list.RemoveAt(i);
                }
                break;
            case JsonObject map:
                foreach (var (name, value) in map.ToList())
                {
                    if (value is not null)
                        RemoveNull(value);
                    else
                        map.Remove(name);
                }
                break;
        }
    }
}
