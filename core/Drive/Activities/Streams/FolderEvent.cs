using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>The effects of an event on a folder's subtree, for clients that mirror it (contract, section 26).</summary>
public enum FolderEventType
{
    /// <summary>A new entry, also one that was moved in or restored.</summary>
    Create,

    /// <summary>Other content.</summary>
    Modify,

    /// <summary>Another path within the subtree.</summary>
    Rename,

    /// <summary>Gone, also moved out or to the trash.</summary>
    Delete,
}

/// <summary>A change below a folder.</summary>
/// <param name="FileId">Of which file or folder.</param>
/// <param name="From">Its path from the folder, before; for anything but a rename the same as <paramref name="To"/>.</param>
/// <param name="To">Its path from the folder, afterwards.</param>
public sealed record FolderEvent(FolderEventType Type, long FileId, FilePath From, FilePath To);
