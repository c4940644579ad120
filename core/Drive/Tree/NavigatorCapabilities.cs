using Cloudreve.Core.Infrastructure.Boolsets;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Capabilities of a file system; the numbers are bits of a boolset (contract, section 11.2).</summary>
public enum NavigatorCapability
{
    /// <summary>Create files and folders.</summary>
    CreateFile = 0,

    /// <summary>Rename.</summary>
    RenameFile = 1,

    /// <summary>Upload.</summary>
    UploadFile = 6,

    /// <summary>Download.</summary>
    DownloadFile = 7,

    /// <summary>Change metadata.</summary>
    UpdateMetadata = 8,

    /// <summary>List folders.</summary>
    ListChildren = 9,

    /// <summary>Make thumbnails.</summary>
    GenerateThumb = 10,

    /// <summary>Delete for good.</summary>
    DeleteFile = 14,

    /// <summary>Lock.</summary>
    LockFile = 15,

    /// <summary>Move to the trash.</summary>
    SoftDelete = 16,

    /// <summary>Restore from the trash.</summary>
    Restore = 17,

    /// <summary>Share.</summary>
    Share = 18,

    /// <summary>See details.</summary>
    Info = 19,

    /// <summary>Choose and delete versions.</summary>
    VersionControl = 20,

    /// <summary>Enter folders.</summary>
    EnterFolder = 23,

    /// <summary>Change custom properties.</summary>
    ModifyProps = 24,
}

/// <summary>The capabilities of each file system (contract, section 11.2).</summary>
public static class NavigatorCapabilities
{
    /// <summary>A user's own drive.</summary>
    public static Boolset My { get; } = Boolset.Of(0, 1, 6, 7, 8, 9, 10, 14, 15, 16, 18, 19, 20, 23, 24);

    /// <summary>Entries that the caller has deleted.</summary>
    public static Boolset Trash { get; } = Boolset.Of(9, 14, 15, 17, 19);

    /// <summary>The shared entry of a share link.</summary>
    public static Boolset Share { get; } = Boolset.Of(7, 9, 10, 15, 19, 20, 23, 24);

    /// <summary>The caller's shortcuts to shares.</summary>
    public static Boolset SharedWithMe { get; } = Boolset.Of(7, 9, 23);

    /// <summary>Capabilities that change files: through a share they are for their owner alone.</summary>
    public static Boolset OfOwners { get; } = Boolset.Of(0, 1, 6, 8, 14, 15, 16, 17, 18, 20, 24);
}
