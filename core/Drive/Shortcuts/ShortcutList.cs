using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Shortcuts;

/// <summary>
/// The shortcuts to shares that a user saved, in whatever folders (contract, section 9). Each has a row that is written before it
/// and names nothing but its id; rows whose shortcut is gone are removed by the next listing.
/// </summary>
/// <param name="byId">The entries.</param>
/// <param name="clock">Determines how old a row is.</param>
public sealed class ShortcutList(StorageLayout layout, EntriesById byId, TimeProvider clock)
{
    private const string Prefix = "y|";
    private const string EntryId = "id";
    // A row comes before the shortcut that it announces.
    private static readonly TimeSpan s_staleAge = TimeSpan.FromHours(1);
    private const int Parallelism = 8;

    /// <summary>A page of shortcuts: one transaction for each 1,000, and for each of the page two and two more for each folder above it.</summary>
    /// <param name="descending">True if the youngest comes first.</param>
    /// <param name="pageSize">Their number.</param>
    /// <param name="token">The end of the previous page; null for the first.</param>
    /// <param name="accepts">Selects the ones that are wanted.</param>
    /// <exception cref="CloudreveException">40001 for a token that is not one.</exception>
    public async Task<FolderPage> ListAsync(
        long ownerId, bool descending, int pageSize, string? token, Func<FileRecord, bool> accepts, CancellationToken cancellationToken = default)
    {
        if (token is not null && !token.StartsWith(Prefix, StringComparison.Ordinal))
            throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
        var rows = new List<Row>();
        await foreach (var row in layout.Shares.QueryAsync(RowRange.Prefix(Partition(ownerId), Prefix), cancellationToken))
            rows.Add(row);
        if (descending)
            rows.Reverse();
        var rest = new Queue<Row>(rows.SkipWhile(row => token is not null && string.CompareOrdinal(row.RowKey, token) * (descending ? -1 : 1) <= 0));
        var page = new List<FileRecord>();
        string? last = null;
        while (page.Count < pageSize && rest.Count > 0)
        {
            var next = Enumerable.Range(0, Math.Min(pageSize - page.Count, rest.Count)).Select(_ => rest.Dequeue()).ToList();
            last = next[^1].RowKey;
            page.AddRange((await ResolveAsync(ownerId, next, cancellationToken)).Where(accepts));
        }
        return new FolderPage(page, rest.Count > 0 ? last : null);
    }

    /// <summary>The row of a shortcut, in the table of shares.</summary>
    internal static Row RowOf(FileRecord shortcut) =>
        new(Partition(shortcut.OwnerId), string.Create(CultureInfo.InvariantCulture, $"{Prefix}{shortcut.CreatedAt.UtcTicks:x16}|{FileKeys.Id(shortcut.Id)}"))
        {
            [EntryId] = shortcut.Id,
        };

    internal static string Partition(long ownerId) => "o|" + FileKeys.Id(ownerId);

    private async Task<IEnumerable<FileRecord>> ResolveAsync(long ownerId, List<Row> rows, CancellationToken cancellationToken)
    {
        var found = await BoundedParallel.SelectAsync(rows, Parallelism, (row, token) => FindAsync(ownerId, row, token), cancellationToken);
        return found.OfType<FileRecord>().DistinctBy(f => f.Id);
    }

    private async Task<FileRecord?> FindAsync(long ownerId, Row row, CancellationToken cancellationToken)
    {
        var entry = await byId.FindAsync(row.RequiredNumber(EntryId), cancellationToken);
        if (entry is null)
        {
            if (row.Timestamp < clock.GetUtcNow() - s_staleAge)
                await layout.Shares.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
            return null;
        }
        if (!entry.IsSymbolic || entry.OwnerId != ownerId)
            return null;
        try
        {
            await byId.GetPathAsync(entry, cancellationToken);
            return entry;
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            return null;
        }
    }
}
