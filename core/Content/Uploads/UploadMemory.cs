using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// Bounds the memory that content takes while it passes through the process. A call that finds no room waits for it, first come, first served;
/// its bytes wait in the connection.
/// </summary>
/// <param name="clock">Limits the waiting.</param>
/// <param name="capacity">Bytes of all buffers together.</param>
internal sealed class UploadMemory(TimeProvider clock, long capacity = UploadMemory.DefaultCapacity)
{
    /// <summary>Five chunks, or sixteen small files.</summary>
    public const long DefaultCapacity = 128L << 20;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private readonly long _capacity = capacity;
    private long _free = capacity;

    /// <summary>Waits for room.</summary>
    /// <param name="bytes">Number of bytes; more than there are counts as all.</param>
    /// <returns>Dispose it to free the room.</returns>
    /// <exception cref="CloudreveException">429 when there is no room for a minute.</exception>
    public async Task<IDisposable> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        var room = Math.Min(bytes, _capacity);
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            if (_waiting.Count == 0 && room <= _free)
            {
                _free -= room;
                return new Room(this, room);
            }
            node = _waiting.AddLast(new Waiter(room));
        }
        try
        {
            await node.Value.Granted.Task.WaitAsync(s_timeout, clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!TryLeave(node))
                Free(room);
            if (e is TimeoutException)
                throw new CloudreveException(ErrorCode.TooManyRequests, "Too much is being uploaded right now. Try again in a moment.", e);
            throw;
        }
        return new Room(this, room);
    }

    private bool TryLeave(LinkedListNode<Waiter> node)
    {
        lock (_lock)
        {
            if (node.List is null)
                return false;
            _waiting.Remove(node);
            return true;
        }
    }

    private void Free(long room)
    {
        lock (_lock)
        {
            _free += room;
            while (_waiting.First is { } first && first.Value.Bytes <= _free)
            {
                _free -= first.Value.Bytes;
                _waiting.RemoveFirst();
                first.Value.Granted.SetResult();
            }
        }
    }

    private sealed record Waiter(long Bytes)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Room(UploadMemory memory, long bytes) : IDisposable
    {
        private int _isGivenBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isGivenBack, 1) == 0)
                memory.Free(bytes);
        }
    }
}
