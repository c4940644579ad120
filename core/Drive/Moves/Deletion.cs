using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>
/// Removes what has been deleted for good: references to blobs, charged bytes, id rows, and everything below a folder. The
/// entry itself cannot be reached any more when this begins, and everything here may be repeated.
/// </summary>
/// <remarks>
/// An entry below a deleted folder belongs to it as long as its id row says so; a move out of the folder that commits first
/// saves it. Removing the id row, on the condition that it is unchanged, decides.
/// </remarks>
/// <param name="quota">Gets back the bytes.</param>
/// <param name="reservations">Bytes that are reserved for files in upload.</param>
internal sealed class Deletion(StorageLayout layout, EntityReferences references, QuotaLedger quota, UploadReservations reservations)
{
    /// <summary>Maximum number of entries that one run removes; the rest is left to the next one.</summary>
    private const int EntriesPerRun = 5000;

    private const int PageSize = 1000;

    // No key holds a smaller character, so this makes an upper bound that is exclusive inclusive.
    private const string SmallestCharacter = " ";
    private const int Writers = 4;

    /// <summary>Removes what an intent deleted, at most some thousand entries of it.</summary>
    /// <param name="intent">The deletion, committed.</param>
    /// <param name="cancellationToken">Cancels the run; harmless.</param>
    /// <returns>True if all is removed.</returns>
    public async Task<bool> RunAsync(long ownerId, MoveIntent intent, CancellationToken cancellationToken = default)
    {
        var run = new Run { OwnerId = ownerId, Intent = intent };
        if (intent.Type == FileType.Folder)
        {
            if (intent.Page is { } page)
                await FinishPageAsync(run, page, cancellationToken);
            if (!await RemoveFolderAsync(run, intent.FileId, cancellationToken))
                return false;
        }
        else if (intent.Deleted is { } file)
        {
            await reservations.FreeAsync([file], cancellationToken);
            await quota.ChargeAsync(ownerId, $"del-{intent.Operation}", -file.ChargedSize, null, cancellationToken);
            await references.RemoveAsync([.. file.EntityIds.Select(e => new EntityReference(e, file.Id))], intent.KeepsBlobs, cancellationToken);
        }
        await layout.FileIds.DeleteAsync(FileKeys.IdBlock(intent.FileId), FileKeys.Id(intent.FileId), cancellationToken: cancellationToken);
        return true;
    }

    /// <summary>Undoes a copy that was not completed: its charge, its references and what is below it.</summary>
    /// <param name="intent">The copy, fenced.</param>
    /// <param name="cancellationToken">Cancels the run; harmless.</param>
    /// <returns>True if all is removed.</returns>
    public async Task<bool> UndoCopyAsync(long ownerId, MoveIntent intent, CancellationToken cancellationToken = default)
    {
        var run = new Run { OwnerId = ownerId, Intent = intent };
        if (intent.Type == FileType.Folder && !await RemoveFolderAsync(run, intent.FileId, cancellationToken))
            return false;
        if (intent.Deleted is { Type: FileType.File } file)
            await references.RemoveAsync([.. file.EntityIds.Select(e => new EntityReference(e, file.Id))], keepBlobs: false, cancellationToken);
        await quota.ReverseAsync(ownerId, intent.ChargeId, cancellationToken);
        return true;
    }

    private async Task<bool> RemoveFolderAsync(Run run, long folderId, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(folderId);
        // From here on nothing can enter the folder.
        await layout.Files.DeleteAsync(partition, FileKeys.Header, cancellationToken: cancellationToken);
        while (true)
        {
            var rows = (await layout.Files.QueryPageAsync(RowRange.Prefix(partition, FileKeys.NamePrefix), PageSize, null, cancellationToken)).Rows;
            if (rows.Count == 0)
                return true;
            if (run.Entries >= EntriesPerRun)
                return false;
            run.Entries += rows.Count;
            var mine = await TakeAsync(folderId, rows, cancellationToken);
            foreach (var folder in mine.Where(r => r.EntryType == FileType.Folder))
            {
                if (!await RemoveFolderAsync(run, folder.RequiredNumber(EntryColumns.Id), cancellationToken))
                    return false;
            }
            // A copy is charged as a whole.
            var bytes = run.Intent.IsCopy ? 0 : mine.Where(r => r.EntryType == FileType.File).Sum(r => FileRecord.FromRow(r, folderId).ChargedSize);
            var page = new DeletionPage(folderId, rows[^1].RowKey, bytes);
            // Noted before the bytes are refunded: a repetition refunds the same bytes under the same operation.
            run.Intent = run.Intent with { Page = page };
            await layout.Files.ReplaceAsync(run.Intent.ToRow(run.OwnerId), "*", cancellationToken);
            await RemoveRowsAsync(run, page, rows, mine, cancellationToken);
        }
    }

    /// <summary>Continues with a page whose bytes may have been refunded already.</summary>
    private async Task FinishPageAsync(Run run, DeletionPage page, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(page.Folder);
        var rows = new List<Row>();
        await foreach (var row in layout.Files.QueryAsync(new RowRange(partition, FileKeys.NamePrefix, page.LastKey + SmallestCharacter), cancellationToken))
            rows.Add(row);
        await RemoveRowsAsync(run, page, rows, await TakeAsync(page.Folder, rows, cancellationToken), cancellationToken);
    }

    private async Task RemoveRowsAsync(Run run, DeletionPage page, IReadOnlyList<Row> rows, IReadOnlyList<Row> mine, CancellationToken cancellationToken)
    {
        await quota.ChargeAsync(run.OwnerId, OperationId(run.Intent, page), -page.Bytes, null, cancellationToken);
        var files = mine.Where(r => r.EntryType == FileType.File).Select(r => FileRecord.FromRow(r, page.Folder)).ToList();
        await reservations.FreeAsync(files, cancellationToken);
        var released = files.SelectMany(file => file.EntityIds.Select(e => new EntityReference(e, file.Id))).ToList();
        await references.RemoveAsync(released, run.Intent.KeepsBlobs, cancellationToken);
        await BoundedParallel.ForEachAsync(
            rows.Chunk(AzureLimits.BatchOperations / 3),
            Writers,
            (chunk, token) => DeleteEntriesAsync(page.Folder, chunk, token),
            cancellationToken);
    }

    private async Task DeleteEntriesAsync(long folderId, Row[] entries, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(folderId);
        var keys = entries.SelectMany(KeysOf).ToList();
        var batch = new TableBatch(partition);
        foreach (var key in keys)
            batch.Delete(key);
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // Some are gone already.
            foreach (var key in keys)
                await layout.Files.DeleteAsync(partition, key, cancellationToken: cancellationToken);
        }
    }

    private static IEnumerable<string> KeysOf(Row entry)
    {
        yield return entry.RowKey;
        if (entry.IsPending)
            yield break;
        var id = entry.RequiredNumber(EntryColumns.Id);
        if (entry.EntryType == FileType.File)
        {
            yield return FileKeys.FileId(id);
            yield break;
        }
        yield return string.Concat(FileKeys.FolderPrefix, entry.RowKey.AsSpan(FileKeys.NamePrefix.Length));
        yield return FileKeys.FolderId(id);
    }

    /// <summary>
    /// Takes the entries of a deleted folder that belong to it: their id rows go. Moves that want to bring an entry into the
    /// folder are fenced.
    /// </summary>
    /// <returns>The entries that are deleted with the folder.</returns>
    private async Task<List<Row>> TakeAsync(long folderId, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var mine = new List<Row>(rows.Count);
        var open = rows.ToList();
        while (open.Count > 0)
        {
            var idRows = await ReadIdRowsAsync(open, cancellationToken);
            var again = new List<Row>();
            var taken = new List<(Row Entry, Row IdRow)>();
            foreach (var row in open)
            {
                var idRow = idRows.GetValueOrDefault(row.RequiredNumber(EntryColumns.Id));
                if (idRow is null)
                {
                    // An earlier run took it. A claim without an id row belongs to an entry that is gone.
                    if (!row.IsPending)
                        mine.Add(row);
                }
                else if (idRow.RequiredNumber(EntryColumns.ParentId) == folderId && (!row.IsPending || idRow.RequiredNumber(EntryColumns.MoveVersion) == (row.Number(EntryColumns.MoveVersion) ?? 1)))
                {
                    taken.Add((row, idRow));
                }
                else if (row.IsPending && idRow.RequiredNumber(EntryColumns.MoveVersion) < (row.Number(EntryColumns.MoveVersion) ?? 1)
                    && !await IdFence.TryRaiseAsync(layout.FileIds, idRow, cancellationToken))
                {
                    again.Add(row);
                }
            }
            foreach (var block in taken.GroupBy(t => t.IdRow.PartitionKey).SelectMany(b => b.Chunk(AzureLimits.BatchOperations)))
                (await TryDeleteIdRowsAsync(block, cancellationToken) ? mine : again).AddRange(block.Select(t => t.Entry));
            open = again;
        }
        return mine;
    }

    private async Task<bool> TryDeleteIdRowsAsync((Row Entry, Row IdRow)[] block, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(block[0].IdRow.PartitionKey);
        foreach (var (_, idRow) in block)
            batch.Delete(idRow.RowKey, idRow.ETag);
        try
        {
            await layout.FileIds.SubmitAsync(batch, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    private async Task<Dictionary<long, Row>> ReadIdRowsAsync(List<Row> entries, CancellationToken cancellationToken)
    {
        var wanted = entries.Select(r => r.RequiredNumber(EntryColumns.Id)).ToHashSet();
        var found = new Dictionary<long, Row>(wanted.Count);
        foreach (var block in wanted.GroupBy(FileKeys.IdBlock))
        {
            var range = new RowRange(block.Key, FileKeys.Id(block.Min()), FileKeys.Id(block.Max() + 1));
            await foreach (var row in layout.FileIds.QueryAsync(range, cancellationToken))
            {
                if (FileKeys.ParseId(row.RowKey) is var id && wanted.Contains(id))
                    found[id] = row;
            }
        }
        return found;
    }

    private static string OperationId(MoveIntent intent, DeletionPage page) =>
        $"del-{intent.Operation}-{page.Folder:x}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(page.LastKey)))}";

    private sealed class Run
    {
        public required long OwnerId { get; init; }

        public required MoveIntent Intent { get; set; }

        public int Entries { get; set; }
    }
}
