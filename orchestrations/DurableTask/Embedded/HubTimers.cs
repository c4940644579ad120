namespace Cloudreve.DurableTask.Embedded;

/// <summary>Wakes instances at their next timer. One queue and one system timer for all of them.</summary>
internal sealed class HubTimers : IDisposable
{
    // System timers do not follow a clock that is set or a machine that slept: look at the queue again now and then.
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<string, DateTimeOffset> _queue = new();
    private readonly Dictionary<string, DateTimeOffset> _due = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private readonly Action<string> _fire;
    private readonly ITimer _timer;

    public HubTimers(TimeProvider clock, Action<string> fire)
    {
        _clock = clock;
        _fire = fire;
        _timer = clock.CreateTimer(_ => FireDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets the one time at which an instance is woken next.</summary>
    public void Schedule(string instanceId, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (_due.TryGetValue(instanceId, out var known) && known == at)
                return;
            _due[instanceId] = at;
            _queue.Enqueue(instanceId, at);
            Sleep();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void FireDue()
    {
        var fired = new List<string>();
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            while (_queue.TryPeek(out var id, out var at) && at <= now)
            {
                _queue.Dequeue();
                // An entry that was replaced by another time is not the instance's any more.
                if (_due.TryGetValue(id, out var due) && due == at)
                {
                    _due.Remove(id);
                    fired.Add(id);
                }
            }
            Sleep();
        }
        foreach (var id in fired)
            _fire(id);
    }

    private void Sleep()
    {
        if (!_queue.TryPeek(out _, out var at))
            return;
        var wait = at - _clock.GetUtcNow();
        // Timers count whole milliseconds and may be early by less than one.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer.Change(wait < s_longestSleep ? wait : s_longestSleep, Timeout.InfiniteTimeSpan);
    }
}
