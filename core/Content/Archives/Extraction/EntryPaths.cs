using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Decides where entries of an archive go. An entry never leaves the folder that it is extracted to.</summary>
internal static class EntryPaths
{
    /// <summary>The path of an entry in a drive; null where its name is not allowed.</summary>
    /// <param name="destination">The folder that the archive is extracted to.</param>
    /// <param name="name">The entry's name: relative, with slashes.</param>
    public static FilePath? Find(FilePath destination, string name)
    {
        var segments = name.Split('/');
        // A path that begins with a slash or contains "." or ".." has a segment that is not a name; so has one with backslashes.
        return segments.All(FilePath.IsValidName) && destination.Depth + segments.Length <= FilePath.MaxDepth
            ? new FilePath([.. destination.Segments, .. segments])
            : null;
    }

    /// <summary>Checks whether an entry was requested, by its own name or by that of a folder above it.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="masks">The requested entries; empty for all.</param>
    public static bool IsWanted(string name, IReadOnlyCollection<string> masks) =>
        masks.Count == 0 || masks.Any(mask => name == mask || name.StartsWith(mask, StringComparison.Ordinal) && (mask.EndsWith('/') || name[mask.Length] == '/'));
}
