using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>Brings a drive to rest before it is changed: waits for moves of folders, and finishes or undoes what dead processes left.</summary>
public sealed class DriveSettlement
{
    // Longer than any move takes; what is older was left behind by a process that died.
    private static readonly TimeSpan s_moveTimeout = TimeSpan.FromSeconds(10);

    // Longer than a function may run.
    private static readonly TimeSpan s_copyTimeout = TimeSpan.FromMinutes(15);

    // The time that one wait for the moves of other processes lasts before it starts over.
    private static readonly TimeSpan s_settleTimeout = TimeSpan.FromSeconds(5);

    private readonly DriveLocks _locks;
    private readonly Relocator _relocator;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal DriveSettlement(DriveLocks locks, Relocator relocator, TimeProvider clock, ILogger<DriveSettlement> logger) =>
        (_locks, _relocator, _clock, _logger) = (locks, relocator, clock, logger);

    /// <summary>Finishes or undoes abandoned moves of a drive. One transaction when there are none.</summary>
    /// <param name="cancellationToken">Cancels the run between two moves.</param>
    public async Task RecoverAsync(long ownerId, CancellationToken cancellationToken = default)
    {
        var control = await _locks.ReadAsync(ownerId, cancellationToken);
        foreach (var move in control.Moves.Where(IsLeftBehind))
            await TrySettleAsync(ownerId, move, cancellationToken);
    }

    /// <summary>Reads the control rows when no folder is being moved: paths that are resolved afterwards hold until the next one begins.</summary>
    internal async Task<DriveControl> ReadAsync(long ownerId, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        while (true)
        {
            var control = await _locks.ReadAsync(ownerId, cancellationToken);
            // The rest of a deletion that has reached its pages does not concern other changes.
            var open = control.Moves.Where(m => m.Page is null).ToList();
            var isSettled = false;
            foreach (var move in open.Where(IsLeftBehind))
                isSettled |= await SettleBeforeUseAsync(ownerId, move, cancellationToken);
            var hasTime = _clock.GetElapsedTime(start) <= s_settleTimeout;
            if (isSettled && hasTime)
                continue;
            if (!open.Exists(ChangesPaths))
                return control;
            if (!hasTime)
                throw new DriveBusyException();
            await RandomPause.TakeAsync(_clock, 30, 100, cancellationToken);
        }
    }

    /// <summary>
    /// Only a folder that is being moved blocks the drive for others: anything else that cannot be settled concerns only callers that touch that
    /// entry.
    /// </summary>
    private async Task<bool> SettleBeforeUseAsync(long ownerId, MoveIntent move, CancellationToken cancellationToken)
    {
        if (!ChangesPaths(move))
            return await TrySettleAsync(ownerId, move, cancellationToken);
        await _relocator.SettleAsync(ownerId, move, cancellationToken);
        return true;
    }

    /// <summary>Checks whether paths of the drive are others once a move is done.</summary>
    internal static bool ChangesPaths(MoveIntent move) => move is { Type: FileType.Folder, IsCopy: false };

    private bool IsLeftBehind(MoveIntent move) => _clock.GetUtcNow() - move.At > (move.IsCopy ? s_copyTimeout : s_moveTimeout);

    /// <summary>Settles a move; one that fails is logged and stays for later.</summary>
    internal async Task<bool> TrySettleAsync(long ownerId, MoveIntent move, CancellationToken cancellationToken)
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

    /// <summary>Throws for an entry that is not there, and for one that is being moved; what a process that died has left of the move is completed.</summary>
    /// <exception cref="CloudreveException">40016; 409 for an entry that was being moved.</exception>
    internal async Task<FileRecord> RequireSettledAsync(long ownerId, FileRecord? entry, CancellationToken cancellationToken)
    {
        if (entry is null)
            throw EntryErrors.PathNotFound();
        if (entry.PendingMove is not { } operation)
            return entry;
        var control = await _locks.ReadAsync(ownerId, cancellationToken);
        if (control.Moves.FirstOrDefault(m => m.Operation == operation) is { } move)
            await _relocator.SettleAsync(ownerId, move, cancellationToken);
        throw EntryErrors.Changed();
    }
}
