using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Versions;

/// <summary>A file with new content.</summary>
/// <param name="File">The file with its remaining versions.</param>
/// <param name="Dropped">The links that it has dropped.</param>
internal readonly record struct ContentChange(FileRecord File, IReadOnlyList<EntityLink> Dropped);

/// <summary>Selects the versions that a file keeps when it gets other content (contract, section 12).</summary>
internal static class VersionRetention
{
    /// <summary>Number of versions of a file that a user wants to keep, the current one included; 0 for all.</summary>
    /// <param name="settings">The owner's settings.</param>
    public static int KeptOf(UserSettings settings, string name)
    {
        if (!settings.VersionRetentionEnabled)
            return 1;
        var extension = Path.GetExtension(name).TrimStart('.');
        var isListed = settings.VersionRetentionExt is not { Count: > 0 } list
            || list.Any(e => string.Equals(e.TrimStart('.'), extension, StringComparison.OrdinalIgnoreCase));
        return isListed ? Math.Max(0, settings.VersionRetentionMax) : 1;
    }

    /// <summary>
    /// Makes an entity the current version. The previous one becomes an older version, and the oldest ones and thumbnails are dropped.
    /// </summary>
    /// <param name="content">The new version; id 0 for empty content without a blob.</param>
    /// <param name="currentSince">The time the previous version was created.</param>
    /// <param name="keep">Number of versions to keep; 0 for all.</param>
    public static ContentChange Replace(FileRecord file, EntityLink content, DateTimeOffset currentSince, int keep)
    {
        var links = file.OtherEntities.Where(l => l.Id != content.Id).ToList();
        if (file.PrimaryEntityId != 0 && file.PrimaryEntityId != content.Id)
            links.Add(new EntityLink(file.PrimaryEntityId, EntityType.Version, file.Size, currentSince));
        var dropped = links.Where(l => l.Type == EntityType.Thumbnail).ToList();
        if (keep > 0)
        {
            var versions = links.Where(l => l.Type == EntityType.Version).OrderByDescending(l => l.CreatedAt).ThenByDescending(l => l.Id);
            dropped.AddRange(versions.Skip(keep - 1));
        }
        return new ContentChange(
            file with { PrimaryEntityId = content.Id, Size = content.Size, OtherEntities = [.. links.Except(dropped)] },
            dropped);
    }

    /// <summary>Gives a file the motion part of a live photo in place of the one it has.</summary>
    /// <param name="motion">The motion part.</param>
    public static ContentChange AttachMotion(FileRecord file, EntityLink motion)
    {
        var dropped = file.OtherEntities.Where(l => l.Type == EntityType.LivePhoto && l.Id != motion.Id).ToList();
        return new ContentChange(
            file with { OtherEntities = [.. file.OtherEntities.Except(dropped).Where(l => l.Id != motion.Id), motion] }, dropped);
    }
}
