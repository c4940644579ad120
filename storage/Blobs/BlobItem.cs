namespace Cloudreve.AzureStorage.Blobs;

/// <summary>A blob as a listing or a properties request shows it.</summary>
/// <param name="Name">The whole name within the container.</param>
/// <param name="Size">Content length in bytes.</param>
/// <param name="LastModified">The time the blob was last written.</param>
/// <param name="ETag">The blob's version.</param>
public sealed record BlobItem(string Name, long Size, DateTimeOffset LastModified, string ETag)
{
    /// <summary>The access tier, for example <c>Hot</c> or <c>Archive</c>; null when the service does not report it.</summary>
    public string? AccessTier { get; init; }

    /// <summary>True for the marker of an empty directory in accounts with a hierarchical namespace (metadata hdi_isfolder).</summary>
    public bool IsDirectoryMarker { get; init; }

    /// <summary>The state of the copy that made the blob; not included in listings.</summary>
    public BlobCopyState CopyState { get; init; }

    /// <summary>
    /// MD5 of the content in Base64, as its writer or the service noted it; null for most blobs that were written in blocks. Listings do not
    /// tell.
    /// </summary>
    public string? ContentHash { get; init; }

    /// <summary>The MIME type; null when unknown.</summary>
    public string? ContentType { get; init; }
}

/// <summary>One response of a listing: blobs and virtual folders directly below a prefix.</summary>
/// <param name="Blobs">Blobs, in order of name.</param>
/// <param name="Prefixes">Names of virtual folders, each ending in the delimiter, in order.</param>
/// <param name="ContinuationToken">The token to continue with; null at the end. Opaque.</param>
public sealed record BlobPage(IReadOnlyList<BlobItem> Blobs, IReadOnlyList<string> Prefixes, string? ContinuationToken);

/// <summary>The content of a blob, or a range of it.</summary>
/// <param name="Content">The bytes; dispose it.</param>
/// <param name="Length">Number of bytes in <paramref name="Content"/>.</param>
/// <param name="TotalSize">Size of the whole blob.</param>
/// <param name="ETag">The blob's version.</param>
/// <param name="LastModified">The time the blob was last written.</param>
public sealed record BlobContent(Stream Content, long Length, long TotalSize, string ETag, DateTimeOffset LastModified)
{
    /// <summary>The metadata that the writer stored with the blob.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
