using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports.Mirrors;

namespace Cloudreve.Core.Imports;

/// <summary>The entries of a group, and what the drive has of them.</summary>
/// <param name="Listing">The entries.</param>
/// <param name="Known">The names that exist.</param>
internal sealed record GroupWork(GroupListing Listing, IReadOnlyDictionary<(long Folder, string Name), NameGuard> Known)
{
    /// <summary>For a mirror: files that may follow their blobs.</summary>
    public IReadOnlyDictionary<(long Folder, string Name), MirroredFile> Files { get; init; } = new Dictionary<(long, string), MirroredFile>();

    /// <summary>Bytes that have to be free for an entry.</summary>
    public long ChargeOf(SourceEntry entry)
    {
        if (entry.Blob is not { } blob)
            return 0;
        var key = (entry.Item.FolderId, entry.Name);
        if (!Known.ContainsKey(key))
            return blob.Size;
        return Files.TryGetValue(key, out var file) && file.IsChanged ? Math.Max(0, blob.Size - file.File.Size) : 0;
    }
}
