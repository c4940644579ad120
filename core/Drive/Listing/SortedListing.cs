using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>
/// Lists a folder in an order that no row key has, or by numbered pages. A folder that fits into one request is sorted each time;
/// the order of a larger one is kept while the folder's header does not change, as it does with every change to its entries.
/// </summary>
internal sealed class SortedListing(StorageLayout layout, ListingBlobs blobs, HeavyReads heavy)
{
    private const int RowsPerRequest = 1000;

    private readonly FolderSnapshots _snapshots = new(blobs);

    /// <summary>The page behind a token: at most three transactions while the folder is as it was when its order was kept.</summary>
    public async Task<FolderPage> ListAsync(
        long folderId, FileOrder order, bool descending, int pageSize, string? token, CancellationToken cancellationToken)
    {
        var last = token is null ? null : SortedToken.Decode(token, order, descending);
        if (last?.Version is { } version && await FindVersionAsync(folderId, cancellationToken) == version
            && await _snapshots.ReadAsync(new SnapshotKey(folderId, order, descending, version), last.Position, pageSize, cancellationToken)
                is { Entries.Count: > 0 } kept)
            return Page(kept.Entries, kept.Total, last.Position, version);
        var folder = new FolderReading(layout, heavy, folderId);
        await folder.ReadAsync(cancellationToken);
        if (last is null && folder.HasMore
            && await _snapshots.ReadAsync(new SnapshotKey(folderId, order, descending, folder.Version), 0, pageSize, cancellationToken) is { } part)
            return Page(part.Entries, part.Total, 0, folder.Version);
        var entries = await SortAsync(folder, folderId, order, descending, cancellationToken);
        var comparer = new EntryComparer(order, descending);
        var start = last is null ? 0 : entries.FindIndex(e => comparer.IsBehind(e, last));
        return start < 0
            ? new FolderPage([], null)
            : Page([.. entries.Skip(start).Take(pageSize)], entries.Count, start, entries.Count >= RowsPerRequest ? folder.Version : null);

        FolderPage Page(IReadOnlyList<FileRecord> page, long total, long position, string? version)
        {
            var next = position + page.Count;
            return new FolderPage(
                page, next < total ? (SortedToken.Of(page[^1], order, descending) with { Version = version, Position = next }).Encode() : null);
        }
    }

    /// <summary>A page by its number, and how many entries there are in all: at most three transactions while the folder's order is kept.</summary>
    public async Task<NumberedPage> ListAsync(
        long folderId, FileOrder order, bool descending, int pageSize, int page, CancellationToken cancellationToken)
    {
        var position = (long)page * pageSize;
        var folder = new FolderReading(layout, heavy, folderId);
        await folder.ReadAsync(cancellationToken);
        if (folder.HasMore
            && await _snapshots.ReadAsync(new SnapshotKey(folderId, order, descending, folder.Version), position, pageSize, cancellationToken) is { } part)
            return new NumberedPage(part.Entries, part.Total);
        var entries = await SortAsync(folder, folderId, order, descending, cancellationToken);
        return new NumberedPage(position < entries.Count ? [.. entries.Skip((int)position).Take(pageSize)] : [], entries.Count);
    }

    private async Task<List<FileRecord>> SortAsync(
        FolderReading folder, long folderId, FileOrder order, bool descending, CancellationToken cancellationToken)
    {
        var isLarge = folder.HasMore;
        var entries = await folder.EndAsync(cancellationToken);
        entries.Sort(new EntryComparer(order, descending));
        if (isLarge)
            await _snapshots.WriteAsync(new SnapshotKey(folderId, order, descending, folder.Version), entries, cancellationToken);
        return entries;
    }

    private async Task<string?> FindVersionAsync(long folderId, CancellationToken cancellationToken) =>
        (await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Header, cancellationToken))?.ETag;

    /// <summary>Reads a folder whole: its header, folders by id and files by id are adjacent.</summary>
    private sealed class FolderReading(StorageLayout layout, HeavyReads heavy, long folderId)
    {
        private readonly RowRange _range = new(FileKeys.Folder(folderId), FileKeys.Header, RowRange.After(FileKeys.FileIdPrefix));
        private readonly List<FileRecord> _entries = [];
        private string? _continuation;
        private long _ownerId;

        /// <summary>The folder's version before any entry was read.</summary>
        public string Version { get; private set; } = "";

        public bool HasMore => _continuation is not null;

        public async Task<List<FileRecord>> EndAsync(CancellationToken cancellationToken)
        {
            while (HasMore)
                await heavy.RunAsync(_ownerId, () => ReadAsync(cancellationToken), cancellationToken);
            return _entries;
        }

        /// <summary>Reads the first page, or the next.</summary>
        /// <returns>True if there are more.</returns>
        public async Task<bool> ReadAsync(CancellationToken cancellationToken)
        {
            var page = await layout.Files.QueryPageAsync(_range, RowsPerRequest, _continuation, cancellationToken);
            foreach (var row in page.Rows)
            {
                if (row.RowKey == FileKeys.Header)
                    (Version, _ownerId) = (row.ETag, row.Number(EntryColumns.OwnerId) ?? 0);
                // A name that a move has claimed is not an entry yet.
                else if (!row.IsPending)
                    _entries.Add(FileRecord.FromRow(row, folderId));
            }
            _continuation = page.ContinuationToken;
            return HasMore;
        }
    }
}
