using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Drive.Operations;

/// <content>Maintenance of drives by timers: abandoned moves are settled, the trash expires, large deletions continue.</content>
public sealed partial class DriveOperations
{
    /// <summary>Finishes or undoes abandoned moves of a drive. One transaction when there are none.</summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="cancellationToken">Cancels the run between two moves.</param>
    public async Task RecoverAsync(long ownerId, CancellationToken cancellationToken = default)
    {
        var control = await _locks.ReadAsync(ownerId, cancellationToken);
        foreach (var move in control.Moves.Where(IsLeftBehind))
            await TrySettleAsync(ownerId, move, cancellationToken);
    }

    /// <summary>Deletes for good what has been in the trash for long enough: one transaction for each 1,000, and those of the deletions.</summary>
    /// <param name="cancellationToken">Cancels the run between two entries.</param>
    /// <returns>The number of entries deleted.</returns>
    public async Task<int> ExpireTrashAsync(CancellationToken cancellationToken = default)
    {
        var deleted = 0;
        await _schedule.ForEachDueAsync(
            async (expired, token) =>
            {
                var work = new DriveWork(expired.OwnerId, Actor.Site);
                if (await IsExpiredAsync(expired, token))
                {
                    await DeleteTrashedAsync(work, expired.Name, keepBlobs: false, token);
                    deleted++;
                }
                await _schedule.RemoveAsync(expired, token);
            },
            cancellationToken);
        return deleted;
    }

    // Restored, deleted, or the move to the trash never took place.
    private async Task<bool> IsExpiredAsync(ExpiredTrash expired, CancellationToken cancellationToken) =>
        await _byPath.FindEntryAsync(DriveRoots.TrashId(expired.OwnerId), expired.Name, cancellationToken) is not null;

    /// <summary>Deletes everything in a user's trash for good.</summary>
    /// <param name="work">The request.</param>
    /// <param name="names">The entries' names.</param>
    /// <param name="cancellationToken">Cancels the call between two entries.</param>
    public async Task EmptyTrashAsync(DriveWork work, IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        foreach (var name in names)
        {
            try
            {
                await DeleteTrashedAsync(work, name, keepBlobs: false, cancellationToken);
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
            {
                // Somebody else was faster.
            }
        }
    }

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
            goesOn |= await TrySettleAsync(ownerId, move, cancellationToken);
        if (open.Count == 0)
            await _deletions.RemoveAsync(ownerId, cancellationToken);
        return goesOn;
    }

    /// <summary>Settles a move; one that fails is logged and stays for later.</summary>
    private async Task<bool> TrySettleAsync(long ownerId, MoveIntent move, CancellationToken cancellationToken)
    {
        try
        {
            await _relocator.SettleAsync(ownerId, move, cancellationToken);
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.LogError(e, "Move {Move} of file {File} in the drive of user {User} could not be settled", move.Operation, move.FileId, ownerId);
            return false;
        }
    }
}
