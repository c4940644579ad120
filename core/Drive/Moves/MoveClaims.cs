using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>
/// Claims: entries at the destination of a move that bear its mark. A claim keeps the name for the move; it becomes the entry once the move is
/// committed, and goes when it is not.
/// </summary>
internal sealed class MoveClaims(StorageLayout layout)
{
    /// <summary>The row of a claim.</summary>
    /// <param name="wanted">The entry as it will be.</param>
    public static Row NewRow(FileRecord wanted, MoveIntent intent)
    {
        var row = (wanted with { ParentId = intent.To, MoveVersion = intent.FromVersion + 1 }).ToRow(FileKeys.Folder(intent.To), FileKeys.Name(wanted.Name));
        row[EntryColumns.PendingMove] = intent.Operation;
        return row;
    }

    /// <summary>Takes the name at the destination: one transaction.</summary>
    /// <exception cref="StorageException">The name belongs to another entry, or the folder is gone.</exception>
    public async Task<string?> TakeAsync(MoveIntent intent, Row claim, CancellationToken cancellationToken)
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
            if (await FindAsync(intent, cancellationToken) is { } own)
                return own.ETag;
            throw;
        }
    }

    /// <summary>Turns the claim into an entry; null when it is no longer a claim, or its folder is being deleted.</summary>
    /// <param name="intent">The move, committed.</param>
    /// <param name="claim">The claim as it was written; null to read it.</param>
    public async Task<FileRecord?> SettleAsync(long ownerId, MoveIntent intent, FileRecord? claim, CancellationToken cancellationToken)
    {
        var partition = FileKeys.Folder(intent.To);
        for (claim ??= await FindAsync(intent, cancellationToken); claim is not null; claim = await FindAsync(intent, cancellationToken))
        {
            var record = claim with { PendingMove = null };
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

    /// <summary>Lets a claim hold what was changed at the source meanwhile.</summary>
    public async Task UpdateAsync(MoveIntent intent, FileRecord source, CancellationToken cancellationToken)
    {
        if (await FindAsync(intent, cancellationToken) is not { } claim)
            return;
        var merged = claim with
        {
            Size = source.Size,
            PrimaryEntityId = source.PrimaryEntityId,
            OtherEntities = source.OtherEntities,
            View = source.View,
            UpdatedAt = source.UpdatedAt,
            Metadata = MetadataKeys.WithMarksOf(source.Metadata, claim.Metadata),
        };
        try
        {
            await layout.Files.ReplaceAsync(NewRow(merged, intent), claim.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // Another call finishes the move at the same time.
        }
    }

    /// <summary>Gives the name free again.</summary>
    public async Task RemoveAsync(MoveIntent intent, CancellationToken cancellationToken)
    {
        if (await FindAsync(intent, cancellationToken) is not { } claim)
            return;
        try
        {
            await layout.Files.DeleteAsync(FileKeys.Folder(intent.To), FileKeys.Name(intent.ToName), claim.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // Another call takes the move back at the same time.
        }
    }

    private async Task<FileRecord?> FindAsync(MoveIntent intent, CancellationToken cancellationToken) =>
        await layout.Files.FindAsync(FileKeys.Folder(intent.To), FileKeys.Name(intent.ToName), cancellationToken) is { } row
        && row.Text(EntryColumns.PendingMove) == intent.Operation
            ? FileRecord.FromRow(row, intent.To)
            : null;
}
