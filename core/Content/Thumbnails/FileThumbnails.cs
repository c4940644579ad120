using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>The marks about its thumbnail in a file's own record.</summary>
public static class FileThumbnails
{
    /// <summary>The metadata key whose presence stops thumbnails; removing it lets them be tried again (contract, section 9.1).</summary>
    public const string Disabled = "thumb:disabled";

    /// <summary>The thumbnail that a file refers to; null for none.</summary>
    public static EntityLink? Find(FileRecord file) => file.OtherEntities.FirstOrDefault(l => l.Type == EntityType.Thumbnail);

    /// <summary>Checks whether thumbnails of a file are disabled.</summary>
    public static bool IsDisabled(FileRecord file) => file.Metadata.ContainsKey(Disabled);

    /// <summary>
    /// A file without its thumbnails and media information, for a change of its content: they show the previous content. Failures with that
    /// content are forgotten, too.
    /// </summary>
    /// <param name="dropped">The entities that the new record does not refer to any more; their references are to be removed once it is stored.</param>
    /// <returns>The new record; the same one when there was nothing to drop.</returns>
    public static FileRecord Drop(FileRecord file, out IReadOnlyList<long> dropped)
    {
        dropped = [.. file.OtherEntities.Where(l => l.Type == EntityType.Thumbnail).Select(l => l.Id)];
        if (dropped.Count == 0 && !file.Metadata.Keys.Any(MediaKeys.EndsWithContent))
            return file;
        return file with
        {
            OtherEntities = [.. file.OtherEntities.Where(l => l.Type != EntityType.Thumbnail)],
            Metadata = file.Metadata.Where(m => !MediaKeys.EndsWithContent(m.Key)).ToDictionary(),
        };
    }
}
