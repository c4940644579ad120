using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>A file of the drive whose current version is the blob of its name in the source.</summary>
/// <param name="File">The file.</param>
/// <param name="Entity">Its current version.</param>
/// <param name="IsChanged">True if the blob has been written since.</param>
internal sealed record MirroredFile(FileRecord File, EntityRecord Entity, bool IsChanged);

/// <summary>The difference between pages of a source and the folders of the drive that mirror them.</summary>
internal sealed class MirrorComparison
{
    /// <summary>Every name that the drive has, mirrored or not.</summary>
    public Dictionary<(long Folder, string Name), NameGuard> Known { get; } = [];

    /// <summary>Mirrored files whose blobs exist.</summary>
    public Dictionary<(long Folder, string Name), MirroredFile> Files { get; } = [];

    /// <summary>Mirrored files whose blobs were not listed.</summary>
    public List<MirroredFile> Missing { get; } = [];

    /// <summary>Files that are marked as missing, and whose blobs were listed as they are known.</summary>
    public List<FileRecord> Returned { get; } = [];

    /// <summary>Folders of the drive that the source does not have: files in them may have had blobs.</summary>
    public List<FrontierItem> Folders { get; } = [];
}
