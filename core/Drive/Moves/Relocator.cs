using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>
/// Moves entries between folders, whatever is below them: the number of transactions does not depend on it. Trash and restore
/// are moves, too. Two competing calls cannot both move an entry, a crash at any point leaves either the old or the new place, and
/// <see cref="SettleAsync"/> makes all rows say so (docs/architecture.md, Moves).
/// </summary>
/// <param name="clock">Stamps moves.</param>
/// <param name="deletion">Removes what is deleted for good.</param>
/// <param name="schedule">Remembers drives with deletions that take longer.</param>
internal sealed class Relocator(StorageLayout layout, TimeProvider clock, Deletion deletion, DeletionSchedule schedule)
{
    // Each attempt follows a competing change; rows that contradict each other would never end it.
    private const int Rereads = 10;

    /// <summary>Moves an entry: at most seven transactions.</summary>
    /// <param name="control">The drive's control rows, read before the paths were resolved.</param>
    /// <param name="source">The entry, read by its name.</param>
    /// <param name="to">The folder that it is moved to; for a folder not itself nor one below it.</param>
    /// <param name="change">Builds the entry as it will be at the destination, with its name.</param>
    /// <param name="verify">Throws, once others can see the move and its claim, for a move that is not allowed; null for no check.</param>
    /// <param name="cancellationToken">Cancels the call before the move is done.</param>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40016 when either folder is gone, 409 when a competing call came first, and what <paramref name="verify"/> throws.
    /// </exception>
    public async Task<FileRecord> MoveAsync(
        DriveControl control, FileRecord source, long to, Func<FileRecord, FileRecord> change, Func<Task>? verify = null,
        CancellationToken cancellationToken = default)
    {
        var idRow = await ReadIdRowAsync(source, cancellationToken);
        var intent = NewIntent(source, idRow) with { To = to, ToName = change(source).Name };
        var claim = Claim(change(source), intent);
        var isTrash = to == DriveRoots.TrashId(control.OwnerId);
        var claimETag = await BeginAsync(control, intent, isTrash ? claim : null, cancellationToken);
        try
        {
            if (!isTrash)
                claimETag = await ClaimAsync(intent, claim, cancellationToken);
            if (verify is not null)
                await verify();
            await CommitAsync(intent, idRow, cancellationToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException)
        {
            // The answer may have been lost after the commit took effect: the id row knows.
            if (!await SettleAsync(control.OwnerId, intent, CancellationToken.None))
                throw e is StorageException failure ? Translate(failure) : e;
            return FileRecord.FromRow(claim, to) with { PendingMove = null, ETag = "" };
        }
        var known = new Known(source, FileRecord.FromRow(claim, to), claimETag);
        return await CompleteAsync(control.OwnerId, intent, known, CancellationToken.None)
            ?? FileRecord.FromRow(claim, to) with { PendingMove = null, ETag = "" };
    }

    /// <summary>Deletes an entry for good, with all that is below it. What is below a large folder may be deleted later.</summary>
    /// <param name="control">The drive's control rows, read before the path was resolved.</param>
    /// <param name="source">The entry, read by its name.</param>
    /// <param name="keepBlobs">True if blobs stay in their containers.</param>
    /// <param name="cancellationToken">Cancels the call before the entry is deleted.</param>
    /// <exception cref="CloudreveException">409 when a competing call came first.</exception>
    public async Task DeleteAsync(DriveControl control, FileRecord source, bool keepBlobs, CancellationToken cancellationToken = default)
    {
        var idRow = await ReadIdRowAsync(source, cancellationToken);
        var intent = NewIntent(source, idRow) with { To = MoveIntent.Nowhere, Deleted = source, KeepsBlobs = keepBlobs };
        await BeginAsync(control, intent, null, cancellationToken);
        try
        {
            await CommitAsync(intent, idRow, cancellationToken);
        }
        catch (StorageException e)
        {
            if (!await SettleAsync(control.OwnerId, intent, CancellationToken.None))
                throw Translate(e);
            return;
        }
        await CompleteAsync(control.OwnerId, intent, new Known(source, null, null), CancellationToken.None);
    }

    /// <summary>
    /// Brings a new entry into a folder whose parts take more than one transaction to write. A crash before it is there takes all of
    /// it back.
    /// </summary>
    /// <param name="control">The drive's control rows.</param>
    /// <param name="wanted">The entry, with an id that nobody else has.</param>
    /// <param name="prepare">Charges the entry under the intent's <see cref="MoveIntent.ChargeId"/> and writes what is below it.</param>
    /// <param name="cancellationToken">Cancels the call before the entry is there.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 40016 when the folder is gone, and what <paramref name="prepare"/> throws.</exception>
    public async Task<FileRecord> AddAsync(
        DriveControl control, FileRecord wanted, Func<MoveIntent, Task> prepare, CancellationToken cancellationToken = default)
    {
        var intent = new MoveIntent
        {
            Operation = Guid.NewGuid().ToString("N"),
            FileId = wanted.Id,
            Type = wanted.Type,
            From = MoveIntent.Nowhere,
            FromVersion = 0,
            To = wanted.ParentId,
            ToName = wanted.Name,
            At = clock.GetUtcNow(),
            Deleted = wanted,
        };
        await BeginAsync(control, intent, null, cancellationToken);
        var claim = Claim(wanted, intent);
        string? claimETag;
        try
        {
            await prepare(intent);
            claimETag = await ClaimAsync(intent, claim, cancellationToken);
            var idRow = EntryRows.NewIdRow(wanted);
            idRow[EntryColumns.Operation] = intent.Operation;
            await layout.FileIds.InsertAsync(idRow, cancellationToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException)
        {
            if (!await SettleAsync(control.OwnerId, intent, CancellationToken.None))
                throw e is StorageException failure ? Translate(failure) : e;
            return wanted;
        }
        var known = new Known(wanted, FileRecord.FromRow(claim, intent.To), claimETag);
        return await CompleteAsync(control.OwnerId, intent, known, CancellationToken.None) ?? wanted;
    }

    /// <summary>
    /// Finishes a move that was committed, and undoes one that was not. Both may happen while the move is still under way:
    /// a late caller finds that nothing remains to be done.
    /// </summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="intent">The move.</param>
    /// <param name="cancellationToken">Cancels the calls; harmless.</param>
    /// <returns>True if the move has been done.</returns>
    public async Task<bool> SettleAsync(long ownerId, MoveIntent intent, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(intent.FileId), FileKeys.Id(intent.FileId), cancellationToken);
            // The last thing that a deletion removes is the id row.
            if (idRow?.Text(EntryColumns.Operation) == intent.Operation || (intent.IsDeletion && idRow is null))
            {
                await CompleteAsync(ownerId, intent, null, cancellationToken);
                return true;
            }
            if (intent.IsCopy)
            {
                if (idRow is null && !await IdFence.TryBlockAsync(layout.FileIds, intent.FileId, cancellationToken))
                    continue;
                await UnclaimAsync(intent, cancellationToken);
                if (await deletion.UndoCopyAsync(ownerId, intent, cancellationToken))
                    await EndAsync(ownerId, intent, cancellationToken);
                else
                    await schedule.AddAsync(ownerId, cancellationToken);
                return false;
            }
            // Fence it: a call that is still at it can no longer commit.
            if (idRow is not null && idRow.RequiredNumber(EntryColumns.MoveVersion) == intent.FromVersion && !await IdFence.TryRaiseAsync(layout.FileIds, idRow, cancellationToken))
                continue;
            if (!intent.IsDeletion)
                await UnclaimAsync(intent, cancellationToken);
            await EndAsync(ownerId, intent, cancellationToken);
            return false;
        }
    }

    private MoveIntent NewIntent(FileRecord source, Row idRow) => new()
    {
        Operation = Guid.NewGuid().ToString("N"),
        FileId = source.Id,
        Type = source.Type,
        From = source.ParentId,
        FromVersion = idRow.RequiredNumber(EntryColumns.MoveVersion),
        To = 0,
        At = clock.GetUtcNow(),
    };

    private async Task<Row> ReadIdRowAsync(FileRecord source, CancellationToken cancellationToken)
    {
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(source.Id), FileKeys.Id(source.Id), cancellationToken);
        return idRow is not null && idRow.RequiredNumber(EntryColumns.ParentId) == source.ParentId ? idRow : throw Changed();
    }

    /// <summary>Notes the move. Folders only one at a time for each drive, so that no cycle can be created.</summary>
    private async Task<string?> BeginAsync(DriveControl control, MoveIntent intent, Row? claim, CancellationToken cancellationToken)
    {
        var partition = DriveControl.Partition(control.OwnerId);
        var batch = new TableBatch(partition).Insert(intent.ToRow(control.OwnerId));
        if (intent is { Type: FileType.Folder, IsCopy: false })
        {
            var depth = control.Depth > DriveDepth.Free ? control.Depth : (int?)null;
            var tree = new Row(partition, DriveControl.TreeKey) { ["at"] = intent.At, [DriveDepth.DepthProperty] = depth };
            if (control.TreeETag is { } etag)
                batch.Replace(tree, etag);
            else
                batch.Insert(tree);
        }
        if (claim is not null)
            batch.Insert(claim).UpsertMerge(EntryRows.NewHeader(DriveRoots.TrashId(control.OwnerId), control.OwnerId));
        try
        {
            var etags = await layout.Files.SubmitAsync(batch, cancellationToken);
            // The claim comes last, except for the header.
            return claim is null ? null : etags[^2];
        }
        catch (StorageExistsException e) when (e.FailedIndex == 0)
        {
            // It is noted already: only the answer was lost.
            return null;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageExistsException)
        {
            // Another folder came first: the other rows are new.
            throw new DriveBusyException(e);
        }
    }

    private static Row Claim(FileRecord wanted, MoveIntent intent)
    {
        var row = (wanted with { ParentId = intent.To, MoveVersion = intent.FromVersion + 1 }).ToRow(FileKeys.Folder(intent.To), FileKeys.Name(wanted.Name));
        row[EntryColumns.PendingMove] = intent.Operation;
        return row;
    }

    private async Task<string?> ClaimAsync(MoveIntent intent, Row claim, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(intent.To);
        try
        {
            var etags = await layout.Files.SubmitAsync(
                new TableBatch(partition).Merge(new Row(partition, FileKeys.Header)).Insert(claim), cancellationToken);
            return etags[1];
        }
        catch (StorageExistsException)
        {
            // The name is ours when only the answer was lost.
            if (await FindClaimAsync(intent, cancellationToken) is { } own)
                return own.ETag;
            throw;
        }
    }

    private Task<string> CommitAsync(MoveIntent intent, Row idRow, CancellationToken cancellationToken)
    {
        var committed = idRow.CopyTo(idRow.PartitionKey, idRow.RowKey);
        committed[EntryColumns.ParentId] = intent.To;
        committed[EntryColumns.MoveVersion] = intent.FromVersion + 1;
        committed[EntryColumns.Operation] = intent.Operation;
        return layout.FileIds.ReplaceAsync(committed, idRow.ETag, cancellationToken);
    }

    /// <summary>Creates the folders' rows say what the id row says. Harmless to repeat.</summary>
    /// <returns>The entry at its new place; null when it is not there any more.</returns>
    private async Task<FileRecord?> CompleteAsync(long ownerId, MoveIntent intent, Known? known, CancellationToken cancellationToken)
    {
        var isUnchanged = true;
        if (!intent.IsCopy)
            (intent, isUnchanged) = await LeaveAsync(ownerId, intent, known?.Source, cancellationToken);
        if (intent.IsDeletion)
        {
            if (await deletion.RunAsync(ownerId, intent, cancellationToken))
                await EndAsync(ownerId, intent, cancellationToken);
            else
                await schedule.AddAsync(ownerId, cancellationToken);
            return null;
        }
        var there = await ArriveAsync(ownerId, intent, isUnchanged ? known : null, cancellationToken);
        if (there is null || intent.To != DriveRoots.TrashId(ownerId))
            await EndAsync(ownerId, intent, cancellationToken);
        return there;
    }

    /// <summary>Removes the entry from the folder that it left; changes made there meanwhile are kept.</summary>
    private async Task<(MoveIntent Intent, bool IsUnchanged)> LeaveAsync(long ownerId, MoveIntent intent, FileRecord? source, CancellationToken cancellationToken)
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
        throw Changed();
    }

    private async Task<FileRecord?> FindLeftAsync(MoveIntent intent, CancellationToken cancellationToken)
    {
        var key = intent.Type == FileType.Folder ? FileKeys.FolderId(intent.FileId) : FileKeys.FileId(intent.FileId);
        for (var attempt = 0; await layout.Files.FindAsync(FileKeys.Folder(intent.From), key, cancellationToken) is { } row; attempt++)
        {
            // Its name is missing: reading it again would not help.
            if (attempt == Rereads)
                throw Changed();
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
        if (intent.IsDeletion)
        {
            var updated = intent with { Deleted = current };
            return await IgnoreGoneAsync(() => layout.Files.ReplaceAsync(updated.ToRow(ownerId), "*", cancellationToken)) ? updated : intent;
        }
        var row = await layout.Files.FindAsync(FileKeys.Folder(intent.To), FileKeys.Name(intent.ToName), cancellationToken);
        if (row is null || row.Text(EntryColumns.PendingMove) != intent.Operation)
            return intent;
        var pending = FileRecord.FromRow(row, intent.To);
        var merged = pending with
        {
            Size = current.Size,
            PrimaryEntityId = current.PrimaryEntityId,
            OtherEntities = current.OtherEntities,
            View = current.View,
            UpdatedAt = current.UpdatedAt,
            Metadata = MetadataKeys.WithMarksOf(current.Metadata, pending.Metadata),
        };
        await IgnoreGoneAsync(() => layout.Files.ReplaceAsync(Claim(merged, intent), row.ETag, cancellationToken));
        return intent;
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

    /// <summary>Turns the claim into an entry; null when it is no longer a claim, or its folder is being deleted.</summary>
    private async Task<FileRecord?> ArriveAsync(long ownerId, MoveIntent intent, Known? known, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(intent.To);
        var claim = known is { Claim: { } record, ClaimETag: { } etag } ? record with { ETag = etag } : await FindClaimAsync(intent, cancellationToken);
        for (; claim is not null; claim = await FindClaimAsync(intent, cancellationToken))
        {
            record = claim with { PendingMove = null };
            var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
            var guarded = 0;
            foreach (var row in record.ToRows())
            {
                if (row.RowKey == record.GuardedKey)
                    guarded = batch.Count;
                if (row.RowKey == FileKeys.Name(intent.ToName))
                    batch.Replace(row, claim.ETag);
                else
                    batch.Upsert(row);
            }
            if (intent.To == DriveRoots.TrashId(ownerId))
                batch.Delete(DriveControl.MovePrefix + intent.Operation);
            try
            {
                return record with { ETag = (await layout.Files.SubmitAsync(batch, cancellationToken))[guarded] ?? "" };
            }
            catch (StorageNotFoundException)
            {
                // The folder is being deleted with its content; or another call finished the move.
                return null;
            }
            catch (StorageChangedException)
            {
                // Another call finishes it at the same time.
            }
        }
        return null;
    }

    private async Task<FileRecord?> FindClaimAsync(MoveIntent intent, CancellationToken cancellationToken) =>
        await layout.Files.FindAsync(FileKeys.Folder(intent.To), FileKeys.Name(intent.ToName), cancellationToken) is { } row
        && row.Text(EntryColumns.PendingMove) == intent.Operation
            ? FileRecord.FromRow(row, intent.To)
            : null;

    private async Task UnclaimAsync(MoveIntent intent, CancellationToken cancellationToken)
    {
        var row = await layout.Files.FindAsync(FileKeys.Folder(intent.To), FileKeys.Name(intent.ToName), cancellationToken);
        if (row?.Text(EntryColumns.PendingMove) == intent.Operation)
            await IgnoreGoneAsync(() => layout.Files.DeleteAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken));
    }

    private Task<bool> EndAsync(long ownerId, MoveIntent intent, CancellationToken cancellationToken) =>
        layout.Files.DeleteAsync(DriveControl.Partition(ownerId), DriveControl.MovePrefix + intent.Operation, cancellationToken: cancellationToken);

    private static async Task<bool> IgnoreGoneAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    private static Exception Translate(StorageException failure) => failure switch
    {
        StorageExistsException => new CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", failure),
        StorageNotFoundException => new CloudreveException(ErrorCode.PathNotFound, "The folder no longer exists.", failure),
        StorageChangedException => Changed(failure),
        _ => failure,
    };

    private static CloudreveException Changed(Exception? cause = null) =>
        new(ErrorCode.Conflict, "The item was changed in the meantime. Try again.", cause);

    /// <summary>Rows that the mover itself has read and written, so that it need not read them again.</summary>
    private sealed record Known(FileRecord Source, FileRecord? Claim, string? ClaimETag);
}

/// <summary>Raises the version of an id row, so that a move which began before cannot commit.</summary>
internal static class IdFence
{
    /// <summary>
    /// Takes a free id, so that an entry which is being added cannot be created. The row stays: the call that adds the entry
    /// may be very late.
    /// </summary>
    public static async Task<bool> TryBlockAsync(Table ids, long id, CancellationToken cancellationToken)
    {
        try
        {
            await ids.InsertAsync(new Row(FileKeys.IdBlock(id), FileKeys.Id(id)) { [EntryColumns.ParentId] = MoveIntent.Nowhere, [EntryColumns.Type] = 0, [EntryColumns.OwnerId] = 0L, [EntryColumns.MoveVersion] = 0L }, cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            return false;
        }
    }

    public static async Task<bool> TryRaiseAsync(Table ids, Row idRow, CancellationToken cancellationToken)
    {
        var fenced = idRow.CopyTo(idRow.PartitionKey, idRow.RowKey);
        fenced[EntryColumns.MoveVersion] = idRow.RequiredNumber(EntryColumns.MoveVersion) + 1;
        fenced[EntryColumns.Operation] = null;
        try
        {
            await ids.ReplaceAsync(fenced, idRow.ETag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }
}
