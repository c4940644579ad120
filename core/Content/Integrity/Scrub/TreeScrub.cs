using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>
/// Finds id rows and headers of folders that nobody reaches: a process that dies while it makes an entry may leave them. They are removed on
/// the condition that they are as they were read, and only while nothing of their drive is being moved or deleted.
/// </summary>
internal sealed class TreeScrub(StorageLayout layout)
{
    private const int Readers = 8;

    // Ids below this one are the users' root folders, which have no id row; trashes have negative ones.
    private const long FirstFileId = 1L << 32;

    /// <summary>Looks through id rows: one transaction for each, three more for a suspect.</summary>
    /// <param name="start">The position to start from.</param>
    /// <returns>The position at which the next run begins.</returns>
    public async Task<string> CheckIdsAsync(ScrubRun run, string start, CancellationToken cancellationToken)
    {
        var scan = new PagedScan(layout.FileIds, null, start, run.Most);
        await foreach (var rows in scan.ReadAsync(cancellationToken))
        {
            run.Report.Look(rows.Count);
            await ForEachAsync(rows.Where(row => IsSettled(row, run)), row => CheckIdAsync(run, row, cancellationToken), cancellationToken);
        }
        return scan.Next;
    }

    /// <summary>Looks through headers of folders: one transaction for each, two more for a suspect.</summary>
    /// <param name="start">The position to start from.</param>
    /// <returns>The position at which the next run begins.</returns>
    public async Task<string> CheckHeadersAsync(ScrubRun run, string start, CancellationToken cancellationToken)
    {
        // A header is written whenever something comes into its folder, so a young one needs no look.
        var scan = new PagedScan(layout.Files, $"RowKey eq '{FileKeys.Header}'", start, run.Most);
        var headers = new List<Row>();
        await foreach (var rows in scan.ReadAsync(cancellationToken))
        {
            run.Report.Look(rows.Count);
            headers.AddRange(rows.Where(row => row.Number(EntryColumns.Id) >= FirstFileId && row.Timestamp < run.Before));
        }
        await ForEachAsync(headers, row => CheckHeaderAsync(run, row, cancellationToken), cancellationToken);
        return scan.Next;
    }

    /// <summary>Checks whether a row has named its entry's place for long: entries that were deleted for good have no place.</summary>
    private static bool IsSettled(Row row, ScrubRun run) => row.RequiredNumber(EntryColumns.ParentId) != MoveIntent.Nowhere && row.Timestamp < run.Before;

    private async Task CheckIdAsync(ScrubRun run, Row row, CancellationToken cancellationToken)
    {
        if (await HasEntryAsync(row, cancellationToken) || await IsMovingAsync(row.RequiredNumber(EntryColumns.OwnerId), cancellationToken))
            return;
        // What was moved between two reads is where its row says now.
        var again = await layout.FileIds.FindAsync(row.PartitionKey, row.RowKey, cancellationToken);
        if (again is null || again.ETag != row.ETag || await HasEntryAsync(again, cancellationToken))
            return;
        var id = FileKeys.ParseId(row.RowKey);
        var isFolder = row.EntryType == FileType.Folder;
        var isEmpty = !isFolder || await IsEmptyAsync(FileKeys.Folder(id), cancellationToken);
        var isRepaired = run.Repairs && isEmpty && await TryDeleteAsync(layout.FileIds, row, cancellationToken);
        // The header goes with the next run over the headers if not now.
        if (isRepaired && isFolder && await layout.Files.FindAsync(FileKeys.Folder(id), FileKeys.Header, cancellationToken) is { } header)
            await TryDeleteAsync(layout.Files, header, cancellationToken);
        run.Report.Find(isEmpty ? $"The id {id} has no entry." : $"The folder {id} has entries and cannot be reached.", isRepaired);
    }

    private async Task CheckHeaderAsync(ScrubRun run, Row header, CancellationToken cancellationToken)
    {
        var id = header.RequiredNumber(EntryColumns.Id);
        if (await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken) is not null || await IsMovingAsync(header.Number(EntryColumns.OwnerId) ?? 0, cancellationToken))
            return;
        var isEmpty = await IsEmptyAsync(header.PartitionKey, cancellationToken);
        var isRepaired = run.Repairs && isEmpty && await TryDeleteAsync(layout.Files, header, cancellationToken);
        run.Report.Find(isEmpty ? $"The folder {id} has no id." : $"The folder {id} has entries and no id.", isRepaired);
    }

    private async Task<bool> HasEntryAsync(Row idRow, CancellationToken cancellationToken)
    {
        var id = FileKeys.ParseId(idRow.RowKey);
        var key = idRow.EntryType == FileType.Folder ? FileKeys.FolderId(id) : FileKeys.FileId(id);
        return await layout.Files.FindAsync(FileKeys.Folder(idRow.RequiredNumber(EntryColumns.ParentId)), key, cancellationToken) is not null;
    }

    private async Task<bool> IsMovingAsync(long ownerId, CancellationToken cancellationToken)
    {
        var range = RowRange.Prefix(DriveControl.Partition(ownerId), DriveControl.MovePrefix);
        return (await layout.Files.QueryPageAsync(range, 1, null, cancellationToken)).Rows.Count > 0;
    }

    /// <summary>Checks whether a folder's partition has only its header.</summary>
    private async Task<bool> IsEmptyAsync(string partition, CancellationToken cancellationToken) =>
        (await layout.Files.QueryPageAsync(new RowRange(partition), 2, null, cancellationToken)).Rows.All(row => row.RowKey == FileKeys.Header);

    private static async Task<bool> TryDeleteAsync(Table table, Row row, CancellationToken cancellationToken)
    {
        try
        {
            return await table.DeleteAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
        }
        catch (StorageChangedException)
        {
            return false;
        }
    }

    private static Task ForEachAsync(IEnumerable<Row> rows, Func<Row, Task> check, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(rows, Readers, (row, _) => check(row), cancellationToken);
}
