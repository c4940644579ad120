using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>
/// Removes whole drives, trash included. Root and trash are deleted like folders: an intent stays until everything that was below has been
/// released, so a timer continues with what a process left.
/// </summary>
/// <param name="locks">Reads what is under way in a drive.</param>
/// <param name="relocator">Deletes folders.</param>
/// <param name="clock">Stamps the deletions.</param>
internal sealed class DriveRemoval(StorageLayout layout, DriveLocks locks, Relocator relocator, TimeProvider clock)
{
    /// <summary>Removes some thousand entries of a drive. Harmless to repeat.</summary>
    /// <param name="cancellationToken">Cancels the run between two thousands of entries.</param>
    /// <returns>True if nothing is left of its entries.</returns>
    public async Task<bool> RunAsync(long ownerId, CancellationToken cancellationToken)
    {
        MoveIntent[] wanted = [Intent("root", DriveRoots.RootId(ownerId)), Intent("trash", DriveRoots.TrashId(ownerId))];
        var known = (await locks.ReadAsync(ownerId, cancellationToken)).Moves;
        var tops = new List<MoveIntent>();
        foreach (var intent in wanted)
        {
            // One that was begun knows what has been released already.
            if (known.FirstOrDefault(move => move.Operation == intent.Operation) is { } begun)
                tops.Add(begun);
            else if (await HasRowsAsync(intent.FileId, cancellationToken))
                tops.Add(intent with { ETag = await layout.Files.UpsertAsync(intent.ToRow(ownerId), cancellationToken) });
        }
        // Moves that others have begun come first: they add nothing to folders that are closed, and remove nothing from those that are not.
        foreach (var move in known.Where(move => wanted.All(intent => intent.Operation != move.Operation)).Concat(tops))
            await relocator.SettleAsync(ownerId, move, cancellationToken);
        return (await locks.ReadAsync(ownerId, cancellationToken)).Moves.Count == 0;
    }

    /// <summary>Removes what is left of a drive without entries: locks, and notes of its structure. Harmless to repeat.</summary>
    /// <returns>False while a write of content is not settled.</returns>
    public async Task<bool> ClearAsync(long ownerId, CancellationToken cancellationToken)
    {
        await foreach (var _ in layout.Files.QueryAsync(RowRange.Prefix(FileKeys.Folder(DriveRoots.RootId(ownerId)), WriteIntent.Prefix), cancellationToken))
            return false;
        foreach (var partition in (string[])[FileKeys.Folder(DriveRoots.RootId(ownerId)), DriveControl.Partition(ownerId)])
            await RowSweep.DeleteAsync(layout.Files, layout.Files.QueryAsync(new RowRange(partition), cancellationToken), int.MaxValue, cancellationToken);
        return true;
    }

    private async Task<bool> HasRowsAsync(long folderId, CancellationToken cancellationToken) =>
        (await layout.Files.QueryPageAsync(new RowRange(FileKeys.Folder(folderId), null, DriveControl.TreeKey), 1, null, cancellationToken)).Rows.Count > 0;

    private MoveIntent Intent(string name, long folderId) => new()
    {
        Operation = "leave-" + name,
        FileId = folderId,
        Type = FileType.Folder,
        // Neither is in a folder.
        From = 0,
        FromVersion = 0,
        To = MoveIntent.Nowhere,
        At = clock.GetUtcNow(),
    };
}
