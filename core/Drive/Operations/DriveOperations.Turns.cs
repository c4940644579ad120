using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Operations;

/// <content>The waiting of changes of one drive for each other.</content>
public sealed partial class DriveOperations
{
    // For changes that lose against competing calls for reasons other than moves of folders.
    private const int Attempts = 5;

    // The total time that a change waits, well below the four minutes after which hosts give up a request.
    private static readonly TimeSpan s_busyTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Looks an item of a batch up before its operation begins, which then need not do so: path + 2 transactions, of which those of the
    /// control rows and of folders are shared by all items.
    /// </summary>
    /// <param name="place">The place: in the drive or in the trash.</param>
    /// <exception cref="CloudreveException">40016 when nothing is there, 403 for a root.</exception>
    public Task<FileRecord> LookUpAsync(DriveWork work, DrivePlace place, CancellationToken cancellationToken = default)
    {
        if (!place.IsTrash)
            RequireNotRoot(place.Path);
        return RetryAsync(work, () => LookUpAsync(work, place.TopId, place.Path, cancellationToken), cancellationToken);
    }

    private async Task<FileRecord> LookUpAsync(DriveWork work, long topId, FilePath path, CancellationToken cancellationToken)
    {
        await ControlAsync(work, cancellationToken);
        var entry = topId == DriveRoots.TrashId(work.OwnerId)
            ? await FindTrashedAsync(work, path.Name, cancellationToken)
            : await FindAsync(work, path, cancellationToken);
        work.Keep(topId, path, entry);
        return entry;
    }

    private Task<DriveControl> ControlAsync(DriveWork work, CancellationToken cancellationToken) =>
        work.ControlAsync(() => _settlement.ReadAsync(work.OwnerId, cancellationToken));

    /// <summary>Runs a change of an entry's place; that of a folder when it has the drive's turn.</summary>
    private async Task<FileRecord> InTurnAsync(
        DriveWork work, long topId, FilePath path, Func<Task<FileRecord>> operation, CancellationToken cancellationToken)
    {
        // Behind a move of this process it is better to queue than to poll for its end.
        var turn = _turns.IsTaken(work.OwnerId) ? await TakeTurnAsync(work, cancellationToken) : null;
        try
        {
            var entry = await RetryAsync(work, () => LookUpAsync(work, topId, path, cancellationToken), cancellationToken);
            if (entry.Type == FileType.File)
            {
                turn?.Dispose();
                return await RetryAsync(work, operation, cancellationToken);
            }
            turn ??= await TakeTurnAsync(work, cancellationToken);
            var changed = await RetryAsync(work, operation, cancellationToken);
            // The version of the drive's structure has changed, and so may have what paths lead to.
            work.Forget();
            return changed;
        }
        finally
        {
            turn?.Dispose();
        }
    }

    private async Task<DriveTurns.Turn> TakeTurnAsync(DriveWork work, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_busyTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var turn = await _turns.TakeAsync(work.OwnerId, either.Token);
            if (turn.HasWaited)
                work.Forget();
            return turn;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriveBusyException(e);
        }
    }

    /// <summary>
    /// Runs a change again that lost against a competing call. While other processes move folders it continues for as long as a request can wait;
    /// a call that has waited longer pauses for less, and so is likelier to be the next.
    /// </summary>
    private async Task<FileRecord> RetryAsync(DriveWork work, Func<Task<FileRecord>> operation, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        var attempt = 1;
        while (true)
        {
            try
            {
                return await operation();
            }
            catch (DriveBusyException) when (_clock.GetElapsedTime(start) < s_busyTimeout)
            {
                work.Forget();
                await RandomPause.TakeAsync(_clock, 5, _clock.GetElapsedTime(start).TotalSeconds switch { < 2 => 300, < 10 => 100, _ => 30 }, cancellationToken);
            }
            catch (CloudreveException e) when (e is { Code: ErrorCode.Conflict } and not DriveBusyException && attempt < Attempts)
            {
                work.Forget();
                await RandomPause.TakeAsync(_clock, 20, 60 * attempt++, cancellationToken);
            }
        }
    }
}
