namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Extensions of file names.</summary>
internal static class ThumbnailExtensions
{
    // Pictures that may hold scripts and refer to other addresses are never rendered, whatever the settings say.
    private static readonly HashSet<string> Refused = ["svg", "svgz"];

    /// <summary>A name's extension in lower case, without dot; empty when it has none.</summary>
    public static string Of(string name) => Path.GetExtension(name).TrimStart('.').ToLowerInvariant();

    /// <summary>Reads a setting.</summary>
    /// <param name="setting">Extensions separated by commas.</param>
    public static HashSet<string> Parse(string setting)
    {
        var extensions = setting.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(extension => extension.TrimStart('.').ToLowerInvariant());
        return [.. extensions.Except(Refused)];
    }
}
