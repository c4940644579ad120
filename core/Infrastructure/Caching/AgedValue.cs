using Cloudreve.AzureStorage;

namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>
/// A value that is read when it is first needed and again when it gets old. Several readers share one read and its failure. A read
/// begins ahead of time while the value is in use, and when one is slow or fails, readers get the old value, within limits.
/// </summary>
/// <typeparam name="T">The type of the value.</typeparam>
internal sealed class AgedValue<T>
    where T : class
{
    // The interval between a failed read and the next, while the old value is good enough.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<T>> _read;
    private readonly AgeLimits _limits;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _renewalAge;
    private readonly SharedAttempt<T> _reading;
    private readonly Lock _lock = new();
    private volatile Entry? _entry;
    private int _generation;
    private long _failedAt;
    private volatile bool _hasFailed;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="read">Reads the value.</param>
    /// <param name="limits">Its maximum age when it is handed out.</param>
    /// <param name="clock">Determines its age.</param>
    public AgedValue(Func<CancellationToken, Task<T>> read, AgeLimits limits, TimeProvider clock)
    {
        (_read, _limits, _clock, _renewalAge) = (read, limits, clock, limits.MaxAge * 0.75);
        _reading = new SharedAttempt<T>(ReadAsync, limits.ReadTimeout, clock);
    }

    /// <summary>The value.</summary>
    /// <param name="cancellationToken">Ends this caller's waiting; the read continues.</param>
    /// <exception cref="StorageUnavailableException">There is no cached value, and a read took too long.</exception>
    public ValueTask<T> GetAsync(CancellationToken cancellationToken)
    {
        if (Known(_limits.MaxAge) is not { } known)
            return new ValueTask<T>(WaitAsync(cancellationToken));
        if (_clock.GetElapsedTime(known.ReadAt) >= _renewalAge && !HasFailedLately)
            _reading.Start();
        return new ValueTask<T>(known.Value);
    }

    /// <summary>Forgets the value: the next reader reads it again.</summary>
    public void Forget()
    {
        // A read in progress may have seen the state before the change; it must be neither kept nor joined.
        Interlocked.Increment(ref _generation);
        _entry = null;
        _reading.Abandon();
    }

    private bool HasFailedLately => _hasFailed && _clock.GetElapsedTime(Volatile.Read(ref _failedAt)) < Pause;

    private Entry? Known(TimeSpan maxAge) =>
        _entry is { } entry && entry.Generation == Volatile.Read(ref _generation) && _clock.GetElapsedTime(entry.ReadAt) < maxAge
            ? entry
            : null;

    private async Task<T> WaitAsync(CancellationToken cancellationToken) =>
        HasFailedLately && Known(_limits.MaxStale) is { } known
            ? known.Value
            : await _reading.Join().OrKnownAsync(() => Known(_limits.MaxStale)?.Value, cancellationToken);

    private async Task<T> ReadAsync(CancellationToken cancellationToken)
    {
        // The age counts from before the read, since a change may follow at once.
        var (now, generation) = (_clock.GetTimestamp(), Volatile.Read(ref _generation));
        var hasSucceeded = false;
        try
        {
            var value = await _read(cancellationToken);
            Keep(new Entry(value, now, generation));
            hasSucceeded = true;
            return value;
        }
        finally
        {
            if (!hasSucceeded)
                Volatile.Write(ref _failedAt, _clock.GetTimestamp());
            _hasFailed = !hasSucceeded;
        }
    }

    private void Keep(Entry entry)
    {
        lock (_lock)
        {
            // A read that was given up may end after a later one.
            if (_entry is not { } known || (known.Generation, known.ReadAt).CompareTo((entry.Generation, entry.ReadAt)) <= 0)
                _entry = entry;
        }
    }

    private sealed record Entry(T Value, long ReadAt, int Generation);
}
