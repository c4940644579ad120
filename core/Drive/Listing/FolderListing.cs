using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>Sort orders of a listing (contract, section 10). Folders always come before files.</summary>
public enum FileOrder
{
    /// <summary>By time of creation, which is the order of ids.</summary>
    CreatedAt,

    /// <summary>By name, ordinally; <c>#</c>, <c>%</c> and control characters sort after most others, as in the keys of rows.</summary>
    Name,

    /// <summary>By size.</summary>
    Size,

    /// <summary>By last change.</summary>
    UpdatedAt,
}

/// <summary>One page of a folder.</summary>
/// <param name="Entries">Folders first, then files, in the requested order.</param>
/// <param name="NextToken">The token to continue with; null on the last page.</param>
public sealed record FolderPage(IReadOnlyList<FileRecord> Entries, string? NextToken);

/// <summary>One page of a folder by its number.</summary>
/// <param name="Entries">Folders first, then files, in the requested order; empty after the last page.</param>
/// <param name="Total">Number of entries of the folder.</param>
public sealed record NumberedPage(IReadOnlyList<FileRecord> Entries, long Total);

/// <summary>Lists folders, page by page.</summary>
public sealed class FolderListing
{
    private readonly AscendingListing _ascending;
    private readonly DescendingListing _descending;
    private readonly SortedListing _sorted;

    /// <summary>Creates the listing; reads nothing.</summary>
    /// <param name="reads">Bounds what reading large folders whole takes of the process.</param>
    public FolderListing(StorageLayout layout, HeavyReads reads)
    {
        var blobs = new ListingBlobs(layout);
        _ascending = new AscendingListing(layout);
        _descending = new DescendingListing(layout, blobs);
        _sorted = new SortedListing(layout, blobs, reads);
    }

    /// <summary>
    /// Reads a page. Ascending by name or creation it costs one transaction, a second one for the 1,001st row. Other orders
    /// cost one while the whole folder fits into one request. Larger folders are read whole once, one transaction for each 1,000
    /// rows; then a page costs three: descending by name or creation also when the folder has changed, by size or change while
    /// it has not. A page of a large folder in descending order may end early, with a token.
    /// </summary>
    /// <param name="order">The sort order.</param>
    /// <param name="descending">True for descending order.</param>
    /// <param name="pageSize">At most how many entries, 1 to 2,000.</param>
    /// <param name="token">The token of the page before; null for the first.</param>
    /// <exception cref="CloudreveException">40001 for an invalid token.</exception>
    public Task<FolderPage> ListAsync(
        long folderId, FileOrder order, bool descending, int pageSize, string? token, CancellationToken cancellationToken = default)
    {
        if (order is FileOrder.Size or FileOrder.UpdatedAt)
            return _sorted.ListAsync(folderId, order, descending, pageSize, token, cancellationToken);
        return descending
            ? _descending.ListAsync(folderId, KeyOrder.Of(order), pageSize, token, cancellationToken)
            : _ascending.ListAsync(folderId, KeyOrder.Of(order), pageSize, token, cancellationToken);
    }

    /// <summary>
    /// Reads a page by its number: one transaction while the whole folder fits into one request. A larger one is read whole, one
    /// transaction for each 1,000 rows; then a page costs three while the folder does not change.
    /// </summary>
    /// <param name="order">The sort order.</param>
    /// <param name="descending">True for descending order.</param>
    /// <param name="pageSize">At most how many entries, 1 to 2,000.</param>
    /// <param name="page">The page's number, from 0.</param>
    public Task<NumberedPage> ListPageAsync(
        long folderId, FileOrder order, bool descending, int pageSize, int page, CancellationToken cancellationToken = default) =>
        _sorted.ListAsync(folderId, order, descending, pageSize, page, cancellationToken);
}
