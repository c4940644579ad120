using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>Views a drive's events from one of its folders, and follows the folder when it is moved itself.</summary>
/// <param name="folder">The path of the folder; null when it is not in the drive, as in the trash.</param>
internal sealed class SubtreeView(FilePath? folder)
{
    /// <summary>The current path of the folder.</summary>
    public FilePath? Folder { get; private set; } = folder;

    /// <summary>The change that an event makes below the folder; null for none.</summary>
    public FolderEvent? See(LoggedEvent entry)
    {
        var isContent = entry.Category is ActivityCategory.EntityUploaded or ActivityCategory.LivePhotoUploaded or ActivityCategory.SetCurrentVersion;
        if (!isContent && Equals(entry.From, entry.To))
            return null;
        var (from, to) = (Relative(entry.From), Relative(entry.To));
        if (from is null && to is null)
        {
            Follow(entry);
            return null;
        }
        return (from, to) switch
        {
            ({ } old, { } now) when isContent || old.Equals(now) => new FolderEvent(FolderEventType.Modify, entry.FileId, now, now),
            ({ } old, { } now) => new FolderEvent(FolderEventType.Rename, entry.FileId, old, now),
            (null, { } now) => new FolderEvent(FolderEventType.Create, entry.FileId, now, now),
            ({ } old, null) => new FolderEvent(FolderEventType.Delete, entry.FileId, old, old),
            _ => null,
        };
    }

    private FilePath? Relative(FilePath? path) =>
        path is not null && Folder is { } folder && folder.Contains(path) ? new FilePath([.. path.Segments.Skip(folder.Depth)]) : null;

    /// <summary>The folder, or one above it, was moved.</summary>
    private void Follow(LoggedEvent entry)
    {
        if (Folder is not { } folder || entry.From is not { } from || !(from.Equals(folder) || from.Contains(folder)))
            return;
        Folder = entry.To is { } to ? new FilePath([.. to.Segments, .. folder.Segments.Skip(from.Depth)]) : null;
    }
}
