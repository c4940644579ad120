using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>Maintenance of drives by timers: the trash expires, large deletions continue.</summary>
public sealed class DriveMaintenance
{
    private readonly DriveOperations _operations;
    private readonly DriveSettlement _settlement;
    private readonly EntriesByPath _byPath;
    private readonly DriveLocks _locks;
    private readonly TrashSchedule _trash;
    private readonly DeletionSchedule _deletions;
    private readonly ILogger _logger;

    internal DriveMaintenance(
        DriveOperations operations, DriveSettlement settlement, EntriesByPath byPath, DriveLocks locks, TrashSchedule trash,
        DeletionSchedule deletions, ILogger<DriveMaintenance> logger)
    {
        (_operations, _settlement, _byPath, _locks) = (operations, settlement, byPath, locks);
        (_trash, _deletions, _logger) = (trash, deletions, logger);
    }

    /// <summary>Deletes for good what has been in the trash for long enough: one transaction for each 1,000, and those of the deletions.</summary>
    /// <param name="cancellationToken">Cancels the run between two entries.</param>
    /// <returns>The number of entries deleted.</returns>
    public async Task<int> ExpireTrashAsync(CancellationToken cancellationToken = default)
    {
        var deleted = 0;
        await _trash.ForEachDueAsync(
            async (expired, token) =>
            {
                var work = new DriveWork(expired.OwnerId, Actor.Site);
                if (await IsExpiredAsync(expired, token))
                {
                    await _operations.DeleteTrashedAsync(work, expired.Name, keepBlobs: false, token);
                    deleted++;
                }
                await _trash.RemoveAsync(expired, token);
            },
            cancellationToken);
        return deleted;
    }

    // Restored, deleted, or the move to the trash never took place.
    private async Task<bool> IsExpiredAsync(ExpiredTrash expired, CancellationToken cancellationToken) =>
        await _byPath.FindEntryAsync(DriveRoots.TrashId(expired.OwnerId), expired.Name, cancellationToken) is not null;

    /// <summary>Continues with deletions of large folders, which take more than one request.</summary>
    /// <param name="cancellationToken">Cancels the run between two thousands of entries.</param>
    public async Task ContinueDeletionsAsync(CancellationToken cancellationToken = default)
    {
        foreach (var drive in await _deletions.ReadDueAsync(cancellationToken))
        {
            try
            {
                if (!await ContinueDeletionsAsync(DeletionSchedule.OwnerOf(drive), cancellationToken))
                    await _deletions.PostponeAsync(drive, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                _logger.LogError(e, "The deletions of drive {Drive} could not go on", drive.RowKey);
                await _deletions.PostponeAsync(drive, cancellationToken);
            }
        }
    }

    /// <returns>False when not one of the drive's deletions got any further.</returns>
    private async Task<bool> ContinueDeletionsAsync(long ownerId, CancellationToken cancellationToken)
    {
        var open = (await _locks.ReadAsync(ownerId, cancellationToken)).Moves.Where(m => m.Page is not null).ToList();
        var goesOn = open.Count == 0;
        foreach (var move in open)
            goesOn |= await _settlement.TrySettleAsync(ownerId, move, cancellationToken);
        if (open.Count == 0)
            await _deletions.RemoveAsync(ownerId, cancellationToken);
        return goesOn;
    }
}
