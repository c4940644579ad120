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
    private readonly MoveClaims _claims = new(layout);
    private readonly MoveSource _source = new(layout, new MoveClaims(layout));

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
        var claim = MoveClaims.NewRow(change(source), intent);
        var isTrash = to == DriveRoots.TrashId(control.OwnerId);
        var claimETag = await BeginAsync(control, intent, isTrash ? claim : null, cancellationToken);
        try
        {
            if (!isTrash)
                claimETag = await _claims.TakeAsync(intent, claim, cancellationToken);
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
        return await CompleteAsync(control.OwnerId, intent, source, Written(claim, claimETag, to), CancellationToken.None)
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
        await CompleteAsync(control.OwnerId, intent, source, null, CancellationToken.None);
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
        var claim = MoveClaims.NewRow(wanted, intent);
        string? claimETag;
        try
        {
            await prepare(intent);
            claimETag = await _claims.TakeAsync(intent, claim, cancellationToken);
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
        return await CompleteAsync(control.OwnerId, intent, wanted, Written(claim, claimETag, intent.To), CancellationToken.None) ?? wanted;
    }

    /// <summary>
    /// Finishes a move that was committed, and undoes one that was not. Both may happen while the move is still under way:
    /// a late caller finds that nothing remains to be done.
    /// </summary>
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
                await CompleteAsync(ownerId, intent, null, null, cancellationToken);
                return true;
            }
            if (intent.IsCopy)
            {
                if (idRow is null && !await IdFence.TryBlockAsync(layout.FileIds, intent.FileId, cancellationToken))
                    continue;
                await _claims.RemoveAsync(intent, cancellationToken);
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
                await _claims.RemoveAsync(intent, cancellationToken);
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
        return idRow is not null && idRow.RequiredNumber(EntryColumns.ParentId) == source.ParentId ? idRow : throw EntryErrors.Changed();
    }

    /// <summary>Notes the move. Folders only one at a time for each drive, so that no cycle can be created.</summary>
    private async Task<string?> BeginAsync(DriveControl control, MoveIntent intent, Row? claim, CancellationToken cancellationToken)
    {
        var partition = DriveControl.Partition(control.OwnerId);
        var batch = new TableBatch(partition).Insert(intent.ToRow(control.OwnerId));
        if (intent is { Type: FileType.Folder, IsCopy: false })
        {
            var depth = control.Depth > DriveDepth.Free ? control.Depth : (int?)null;
            var tree = new Row(partition, DriveControl.TreeKey) { [DriveControl.TreeChangedAt] = intent.At, [DriveDepth.DepthProperty] = depth };
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

    private Task<string> CommitAsync(MoveIntent intent, Row idRow, CancellationToken cancellationToken)
    {
        var committed = idRow.CopyTo(idRow.PartitionKey, idRow.RowKey);
        committed[EntryColumns.ParentId] = intent.To;
        committed[EntryColumns.MoveVersion] = intent.FromVersion + 1;
        committed[EntryColumns.Operation] = intent.Operation;
        return layout.FileIds.ReplaceAsync(committed, idRow.ETag, cancellationToken);
    }

    private static FileRecord? Written(Row claim, string? etag, long folderId) =>
        etag is null ? null : FileRecord.FromRow(claim, folderId) with { ETag = etag };

    /// <summary>Makes the folders' rows say what the id row says. Harmless to repeat.</summary>
    /// <param name="intent">The move, committed.</param>
    /// <param name="source">The entry as it was at its old place; null to read it.</param>
    /// <param name="claim">The claim as it was written; null to read it.</param>
    /// <param name="cancellationToken">Cancels the calls; harmless.</param>
    /// <returns>The entry at its new place; null when it is not there any more.</returns>
    private async Task<FileRecord?> CompleteAsync(
        long ownerId, MoveIntent intent, FileRecord? source, FileRecord? claim, CancellationToken cancellationToken)
    {
        var isUnchanged = true;
        if (!intent.IsCopy)
            (intent, isUnchanged) = await _source.RemoveAsync(ownerId, intent, source, cancellationToken);
        if (intent.IsDeletion)
        {
            if (await deletion.RunAsync(ownerId, intent, cancellationToken))
                await EndAsync(ownerId, intent, cancellationToken);
            else
                await schedule.AddAsync(ownerId, cancellationToken);
            return null;
        }
        var there = await _claims.SettleAsync(ownerId, intent, isUnchanged ? claim : null, cancellationToken);
        // The batch that brings an entry to the trash ends the move as well.
        if (there is null || intent.To != DriveRoots.TrashId(ownerId))
            await EndAsync(ownerId, intent, cancellationToken);
        return there;
    }

    private Task<bool> EndAsync(long ownerId, MoveIntent intent, CancellationToken cancellationToken) =>
        layout.Files.DeleteAsync(DriveControl.Partition(ownerId), DriveControl.MovePrefix + intent.Operation, cancellationToken: cancellationToken);

    private static Exception Translate(StorageException failure) => failure switch
    {
        StorageExistsException => new CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", failure),
        StorageNotFoundException => new CloudreveException(ErrorCode.PathNotFound, "The folder no longer exists.", failure),
        StorageChangedException => EntryErrors.Changed(failure),
        _ => failure,
    };
}
