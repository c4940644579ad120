using System.Text.Json;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>Options of downloads, as programs take them: as texts.</summary>
internal static class DownloaderOptions
{
    /// <summary>Merges options.</summary>
    /// <param name="node">Those of the node.</param>
    /// <param name="group">Those of the owner's group, which take precedence.</param>
    public static Dictionary<string, string> Merge(IReadOnlyDictionary<string, JsonElement>? node, IReadOnlyDictionary<string, JsonElement>? group)
    {
        var merged = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (node ?? new Dictionary<string, JsonElement>()).Concat(group ?? new Dictionary<string, JsonElement>()))
        {
            if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
                merged[name] = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }
        return merged;
    }
}
