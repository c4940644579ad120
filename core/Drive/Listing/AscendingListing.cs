using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>Lists a folder in the order of its rows: one transaction for each page of up to 999 entries.</summary>
internal sealed class AscendingListing(StorageLayout layout)
{
    public async Task<FolderPage> ListAsync(long folderId, KeyOrder order, int pageSize, string? token, CancellationToken cancellationToken)
    {
        var range = order.All(folderId);
        if (token is not null)
            range = range.Behind(order.Decode(token));
        // One more shows whether there is another page.
        var rows = new List<Row>(pageSize + 1);
        string? continuation = null;
        do
        {
            var page = await layout.Files.QueryPageAsync(range, Math.Min(1000, pageSize + 1 - rows.Count), continuation, cancellationToken);
            // A name that a move has claimed is not an entry yet.
            rows.AddRange(page.Rows.Where(r => !r.IsPending));
            continuation = page.ContinuationToken;
        }
        while (continuation is not null && rows.Count <= pageSize);
        return new FolderPage(
            [.. rows.Take(pageSize).Select(r => FileRecord.FromRow(r, folderId))],
            rows.Count > pageSize ? KeyOrder.Encode(rows[pageSize - 1].RowKey) : null);
    }
}
