using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>The making of one page of a <see cref="DescendingListing"/>.</summary>
/// <param name="last">The key of the last entry of the page before; null for the first page.</param>
internal sealed class DescendingPage(StorageLayout layout, ListingBlobs blobs, long folderId, KeyOrder order, int pageSize, string? last)
{
    /// <summary>Marks tokens of large folders, so that their size need not be found out again.</summary>
    public const char Large = '+';

    // A page that would need more ends early.
    private const int MaxReads = 3;

    private readonly List<Row> _entries = [];
    private List<Row>? _folders;
    private string? _continuation;
    private List<string> _firstKeys = [];
    private BoundaryKeys _boundaries = null!;
    private bool _isRefitted;
    private bool _endsEarly;
    private int _reads;

    /// <summary>The page of a folder that fits into one request; null for a larger one.</summary>
    public async Task<FolderPage?> ReadWholeAsync(CancellationToken cancellationToken)
    {
        var answer = await ReadAsync(order.All(folderId), null, cancellationToken);
        if (answer.ContinuationToken is null)
        {
            var rows = answer.Rows.Where(IsEntry).ToList();
            _entries.AddRange(rows.Where(r => order.IsFolder(r.RowKey) && IsBehind(r)).Reverse());
            _entries.AddRange(rows.Where(r => !order.IsFolder(r.RowKey) && IsBehind(r)).Reverse());
            return Close(isLarge: false);
        }
        _continuation = answer.ContinuationToken;
        _firstKeys = [.. answer.Rows.Select(r => r.RowKey)];
        // Folders come first, so all of them are known once there is a file.
        if (answer.Rows.Count > 0 && !order.IsFolder(answer.Rows[^1].RowKey))
            _folders = [.. answer.Rows.Where(r => order.IsFolder(r.RowKey))];
        return null;
    }

    /// <summary>The page of a large folder.</summary>
    public async Task<FolderPage> ReadPartsAsync(CancellationToken cancellationToken)
    {
        await ReadBoundariesAsync(cancellationToken);
        if (last is null || order.IsFolder(last))
        {
            if (_folders is not null)
                _entries.AddRange(_folders.Where(r => IsEntry(r) && IsBehind(r)).Reverse());
            else
                await ReadBackwardsAsync(order.Folders, last ?? RowRange.After(order.Folders), cancellationToken);
            await ReadBackwardsAsync(order.Files, RowRange.After(order.Files), cancellationToken);
        }
        else
        {
            await ReadBackwardsAsync(order.Files, last, cancellationToken);
        }
        if (_isRefitted)
            await blobs.WriteAsync(BlobName, _boundaries.Print(), null, cancellationToken);
        return Close(isLarge: true);
    }

    /// <summary>Reads from a key backwards until the page is full or has cost enough.</summary>
    private async Task ReadBackwardsAsync(string first, string end, CancellationToken cancellationToken)
    {
        while (_entries.Count <= pageSize && end != first)
        {
            if (_reads >= MaxReads && _entries.Count > 0)
            {
                _endsEarly = true;
                return;
            }
            var start = _boundaries.StartBefore(first, end, pageSize + 1 - _entries.Count);
            var rows = new List<Row>();
            string? continuation = null;
            do
            {
                var answer = await ReadAsync(order.Between(folderId, start, end), continuation, cancellationToken);
                rows.AddRange(answer.Rows);
                continuation = answer.ContinuationToken;
            }
            while (continuation is not null);
            if (_boundaries.Refit(start, end, [.. rows.Select(r => r.RowKey)]) is { } refitted)
                (_boundaries, _isRefitted) = (refitted, true);
            _entries.AddRange(rows.Where(IsEntry).Reverse());
            end = start;
        }
    }

    private async Task ReadBoundariesAsync(CancellationToken cancellationToken)
    {
        _reads++;
        if (await blobs.ReadAsync(BlobName, cancellationToken) is { } text && BoundaryKeys.Parse(text) is { } known)
        {
            _boundaries = known;
            return;
        }
        var kept = _firstKeys.Where((_, i) => i % BoundaryKeys.MinStride == 0).ToList();
        var count = _firstKeys.Count;
        do
        {
            var answer = await layout.Files.QueryPageAsync(order.All(folderId), BoundaryKeys.RowsPerRequest, _continuation, cancellationToken);
            foreach (var row in answer.Rows)
            {
                if (count++ % BoundaryKeys.MinStride == 0)
                    kept.Add(row.RowKey);
            }
            _continuation = answer.ContinuationToken;
        }
        while (_continuation is not null);
        (_boundaries, _isRefitted) = (BoundaryKeys.Of(kept), true);
    }

    private FolderPage Close(bool isLarge)
    {
        var page = _entries.Take(pageSize).ToList();
        var hasMore = _entries.Count > pageSize || _endsEarly;
        var next = hasMore ? (isLarge ? Large.ToString() : "") + KeyOrder.Encode(page[^1].RowKey) : null;
        return new FolderPage([.. page.Select(r => FileRecord.FromRow(r, folderId))], next);
    }

    private bool IsBehind(Row row)
    {
        if (last is null || (order.IsFolder(last) && !order.IsFolder(row.RowKey)))
            return true;
        return order.IsFolder(row.RowKey) == order.IsFolder(last) && string.CompareOrdinal(row.RowKey, last) < 0;
    }

    // A name that a move has claimed is not an entry yet.
    private static bool IsEntry(Row row) => !row.IsPending;

    private Task<RowPage> ReadAsync(RowRange range, string? continuation, CancellationToken cancellationToken)
    {
        _reads++;
        return layout.Files.QueryPageAsync(range, BoundaryKeys.RowsPerRequest, continuation, cancellationToken);
    }

    private string BlobName => $"{FileKeys.Folder(folderId)}/keys-{(order.Folders == FileKeys.FolderPrefix ? "name" : "id")}";
}
