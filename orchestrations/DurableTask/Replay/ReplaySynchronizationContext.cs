namespace Cloudreve.DurableTask.Replay;

/// <summary>
/// Runs all continuations of an orchestrator on the thread that replays it, in the order in which they became ready.
/// </summary>
internal sealed class ReplaySynchronizationContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly int _owner = Environment.CurrentManagedThreadId;
    private volatile bool _leftThread;

    /// <summary>Whether the orchestrator awaited something that another thread completed.</summary>
    public bool LeftThread => _leftThread;

    /// <summary>Whether the caller is in the orchestrator's own flow.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == _owner && Current == this;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == _owner && Current == this)
            _ready.Enqueue((d, state));
        else
            _leftThread = true;
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("An orchestrator cannot be called from another thread.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Carries out an action and every continuation that becomes ready through it.</summary>
    public void Run(Action action)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
            while (_ready.TryDequeue(out var next))
                next.Callback(next.State);
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }
}
