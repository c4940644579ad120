using System.Runtime.InteropServices;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>
/// Serializes moves of folders of one drive, in the order of this process's requests: all of them need the version of
/// the drive's structure, so concurrent moves would only make each other start over.
/// </summary>
internal sealed class DriveTurns
{
    private readonly Dictionary<long, Queue> _queues = [];

    /// <summary>Checks whether a drive's turn is held or waited for.</summary>
    public bool IsTaken(long ownerId)
    {
        lock (_queues)
            return _queues.ContainsKey(ownerId);
    }

    /// <summary>Waits for a drive's turn.</summary>
    public async Task<Turn> TakeAsync(long ownerId, CancellationToken cancellationToken)
    {
        var queue = Enter(ownerId);
        try
        {
            var isFree = queue.Gate.Wait(0, CancellationToken.None);
            if (!isFree)
                await queue.Gate.WaitAsync(cancellationToken);
            return new Turn(this, ownerId, !isFree);
        }
        catch (OperationCanceledException)
        {
            Leave(ownerId);
            throw;
        }
    }

    private Queue Enter(long ownerId)
    {
        lock (_queues)
        {
            ref var queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, ownerId, out _);
            queue ??= new Queue();
            queue.Members++;
            return queue;
        }
    }

    private void Leave(long ownerId)
    {
        lock (_queues)
        {
            if (--_queues[ownerId].Members == 0)
                _queues.Remove(ownerId);
        }
    }

    private void End(long ownerId)
    {
        lock (_queues)
            _queues[ownerId].Gate.Release();
        Leave(ownerId);
    }

    /// <summary>A turn, until it is disposed of.</summary>
    /// <param name="turns">The turns that it was taken from.</param>
    /// <param name="hasWaited">True if other operations ran first.</param>
    internal sealed class Turn(DriveTurns turns, long ownerId, bool hasWaited) : IDisposable
    {
        private bool _hasEnded;

        /// <summary>True if other operations ran first, so that what was read before may be out of date.</summary>
        public bool HasWaited => hasWaited;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_hasEnded)
                return;
            _hasEnded = true;
            turns.End(ownerId);
        }
    }

    private sealed class Queue
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Members { get; set; }
    }
}
