using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities;

/// <summary>The kinds of changes to a file; the numbers are those of clients (contract, section 23).</summary>
public enum ActivityCategory
{
    /// <summary>A file or folder was created.</summary>
    FileCreate = 7,

    /// <summary>It got another name.</summary>
    FileRename = 8,

    /// <summary>Content was uploaded.</summary>
    EntityUploaded = 10,

    /// <summary>Content was downloaded.</summary>
    EntityDownloaded = 11,

    /// <summary>It was made as a copy.</summary>
    CopyFrom = 12,

    /// <summary>A copy of it was made.</summary>
    CopyTo = 13,

    /// <summary>It was moved to another folder, or restored.</summary>
    MoveTo = 14,

    /// <summary>It was deleted for good.</summary>
    DeleteFile = 15,

    /// <summary>It was moved to the trash.</summary>
    MoveToTrash = 16,

    /// <summary>It was shared.</summary>
    Share = 17,

    /// <summary>Another version became the current one.</summary>
    SetCurrentVersion = 19,

    /// <summary>A version was deleted.</summary>
    DeleteVersion = 20,

    /// <summary>A thumbnail was made.</summary>
    ThumbnailGenerated = 21,

    /// <summary>The motion part of a live photo was uploaded.</summary>
    LivePhotoUploaded = 22,

    /// <summary>Metadata was changed.</summary>
    UpdateMetadata = 23,

    /// <summary>A share link was changed.</summary>
    EditShare = 24,

    /// <summary>A share link was deleted.</summary>
    DeleteShare = 25,

    /// <summary>A direct link was made.</summary>
    GetDirectLink = 43,

    /// <summary>It was imported.</summary>
    FileImported = 55,

    /// <summary>The view of the folder was changed.</summary>
    UpdateView = 56,

    /// <summary>A direct link was deleted.</summary>
    DeleteDirectLink = 57,
}

/// <summary>The author of a change, for the log.</summary>
/// <param name="UserId">The user; 0 for a guest or the site itself.</param>
/// <param name="ClientId">The id of the sync client that asked; null for others. It does not hear of its own changes.</param>
public sealed record Actor(long UserId, string? ClientId = null)
{
    /// <summary>The site itself: expiry, recovery, workflows.</summary>
    public static Actor Site { get; } = new(0);
}

/// <summary>An event of a file or folder.</summary>
/// <param name="Actor">The user and client that did it.</param>
/// <param name="File">The file as it is afterwards; for a deletion as it was.</param>
/// <param name="From">The path before; null when it was not there.</param>
/// <param name="To">The path in the drive; null when it is not there any more.</param>
public sealed record FileEvent(ActivityCategory Category, Actor Actor, FileRecord File, FilePath? From, FilePath? To);

/// <summary>A file that was created with its content.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The path in the drive.</param>
internal sealed record NewFile(FileRecord File, FilePath Path);
