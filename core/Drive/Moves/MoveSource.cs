using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>The side of a move that an entry leaves.</summary>
/// <param name="claims">Take along what was changed at the source meanwhile.</param>
internal sealed class MoveSource(StorageLayout layout, MoveClaims claims)
{
    // Each attempt follows a competing change; rows that contradict each other would never end it.
    private const int Rereads = 10;

    /// <summary>Removes the entry from the folder that it left; changes made there meanwhile are kept.</summary>
    /// <param name="intent">The move, committed.</param>
    /// <param name="source">The entry as it was read; null to read it.</param>
    /// <returns>The intent as it is now, and whether the entry was as it had been read.</returns>
    public async Task<(MoveIntent Intent, bool IsUnchanged)> RemoveAsync(
        long ownerId, MoveIntent intent, FileRecord? source, CancellationToken cancellationToken)
    {
        var known = source;
        var isUnchanged = true;
        for (var attempt = 0; attempt < Rereads; attempt++)
        {
            if (source is not null && await TryRemoveRowsAsync(source, withHeader: true, cancellationToken))
                return (intent, isUnchanged);
            source = await FindLeftAsync(intent, cancellationToken);
            isUnchanged = false;
            if (source is null)
                return (intent, isUnchanged);
            // What will be there must hold the change before the old rows go.
            if (source.ETag != known?.ETag)
                intent = await TakeAlongAsync(ownerId, intent, source, cancellationToken);
            known = source;
        }
        throw EntryErrors.Changed();
    }

    private async Task<FileRecord?> FindLeftAsync(MoveIntent intent, CancellationToken cancellationToken)
    {
        var key = intent.Type == FileType.Folder ? FileKeys.FolderId(intent.FileId) : FileKeys.FileId(intent.FileId);
        for (var attempt = 0; await layout.Files.FindAsync(FileKeys.Folder(intent.From), key, cancellationToken) is { } row; attempt++)
        {
            // Its name is missing: reading it again would not help.
            if (attempt == Rereads)
                throw EntryErrors.Changed();
            var byId = FileRecord.FromRow(row, intent.From);
            // It has come back by a later move.
            if (byId.MoveVersion > intent.FromVersion)
                return null;
            var byName = await layout.Files.FindAsync(row.PartitionKey, byId.GuardedKey, cancellationToken);
            if (byName is not null && byName.RequiredNumber(EntryColumns.Id) == intent.FileId)
                return FileRecord.FromRow(byName, intent.From);
        }
        return null;
    }

    private async Task<MoveIntent> TakeAlongAsync(long ownerId, MoveIntent intent, FileRecord current, CancellationToken cancellationToken)
    {
        if (!intent.IsDeletion)
        {
            await claims.UpdateAsync(intent, current, cancellationToken);
            return intent;
        }
        var updated = intent with { Deleted = current };
        try
        {
            await layout.Files.ReplaceAsync(updated.ToRow(ownerId), "*", cancellationToken);
            return updated;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // Another call has finished the deletion.
            return intent;
        }
    }

    private async Task<bool> TryRemoveRowsAsync(FileRecord source, bool withHeader, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(source.ParentId);
        var batch = new TableBatch(partition);
        // Listings that are kept by the folder's version must see the change.
        if (withHeader)
            batch.Merge(new Row(partition, FileKeys.Header));
        foreach (var row in source.ToRows())
            batch.Delete(row.RowKey, row.RowKey == source.GuardedKey ? source.ETag : "*");
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
            return true;
        }
        catch (StorageNotFoundException e) when (withHeader && e.FailedIndex == 0)
        {
            // The folder itself is being deleted.
            return await TryRemoveRowsAsync(source, withHeader: false, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }
}
