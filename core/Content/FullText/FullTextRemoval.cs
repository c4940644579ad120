using Cloudreve.Core.Content.FullText.Index;

namespace Cloudreve.Core.Content.FullText;

/// <summary>Removes what full-text search knows of content and of users that are gone. Everything may be repeated.</summary>
public sealed class FullTextRemoval
{
    private readonly IndexBlobs _blobs;
    private readonly ITextIndex _index;

    internal FullTextRemoval(IndexBlobs blobs, ITextIndex index) => (_blobs, _index) = (blobs, index);

    /// <summary>Removes the text of a blob: one transaction, and one request of a search service.</summary>
    /// <param name="entityId">The blob.</param>
    internal async Task RemoveTextAsync(long entityId, CancellationToken cancellationToken)
    {
        await _index.RemoveAsync(entityId, cancellationToken);
        await _blobs.DeleteTextAsync(entityId, cancellationToken);
    }

    /// <summary>Removes a user's index: two transactions, and one for each pack. The texts go with their blobs.</summary>
    /// <param name="ownerId">The user.</param>
    internal async Task ClearAsync(long ownerId, CancellationToken cancellationToken)
    {
        await _index.ClearAsync(ownerId, cancellationToken);
        // An index that the service took the place of may still be there.
        await _blobs.ClearAsync(ownerId, cancellationToken);
    }
}
