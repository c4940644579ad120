namespace Cloudreve.DurableTask.Replay;

/// <summary>External events that nobody awaited yet, and those who wait for one. Names are compared without regard to case.</summary>
internal sealed class EventBuffer
{
    private readonly List<Protocol.HistoryEvent> _kept = [];
    private readonly List<(string Name, OpenTask Task)> _waiters = [];

    public bool HasWaiters => _waiters.Exists(w => !w.Task.IsCancelled);

    /// <summary>Events that nobody took, in the order of their arrival.</summary>
    public IReadOnlyList<Protocol.HistoryEvent> Unprocessed => _kept;

    public void Await(string name, OpenTask waiter)
    {
        var index = _kept.FindIndex(e => IsNamed(e.EventRaised.Name, name));
        if (index < 0)
        {
            _waiters.Add((name, waiter));
            return;
        }
        var json = _kept[index].EventRaised.Input;
        _kept.RemoveAt(index);
        waiter.Complete(json);
    }

    /// <summary>Gives an event to the first who waits for it, or keeps it.</summary>
    public void Raise(Protocol.HistoryEvent raised)
    {
        _waiters.RemoveAll(w => w.Task.IsCancelled);
        var index = _waiters.FindIndex(w => IsNamed(w.Name, raised.EventRaised.Name));
        if (index < 0)
        {
            Keep(raised);
            return;
        }
        var waiter = _waiters[index].Task;
        _waiters.RemoveAt(index);
        waiter.Complete(raised.EventRaised.Input);
    }

    /// <summary>Keeps an event although somebody may wait for it: the code has returned.</summary>
    public void Keep(Protocol.HistoryEvent raised) => _kept.Add(raised);

    private static bool IsNamed(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
