namespace Cloudreve.Core.Caching;

/// <summary>
/// A value that is read when it is first asked for and again once it is too old. Several readers share one read.
/// </summary>
/// <param name="read">Reads the value.</param>
/// <param name="maxAge">How old it may be when it is handed out.</param>
/// <param name="clock">Tells its age.</param>
/// <typeparam name="T">The type of the value.</typeparam>
internal sealed class AgedValue<T>(Func<CancellationToken, Task<T>> read, TimeSpan maxAge, TimeProvider clock)
    where T : class
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Entry? _entry;
    private int _generation;

    /// <summary>The value, at most as old as allowed.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    public ValueTask<T> GetAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _entry) is { } entry && IsFresh(entry) ? new ValueTask<T>(entry.Value) : new ValueTask<T>(RefreshAsync(cancellationToken));

    /// <summary>Forgets the value: the next reader reads it anew.</summary>
    public void Forget()
    {
        // A read that is under way may have seen the state before the change; it must not be kept.
        Interlocked.Increment(ref _generation);
        Volatile.Write(ref _entry, null);
    }

    private bool IsFresh(Entry entry) =>
        entry.Generation == Volatile.Read(ref _generation) && clock.GetElapsedTime(entry.ReadAt) < maxAge;

    private async Task<T> RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Volatile.Read(ref _entry) is { } entry && IsFresh(entry))
                return entry.Value;
            // The age counts from before the read, since a change may follow at once.
            var now = clock.GetTimestamp();
            var generation = Volatile.Read(ref _generation);
            var value = await read(cancellationToken);
            Volatile.Write(ref _entry, new Entry(value, now, generation));
            return value;
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed record Entry(T Value, long ReadAt, int Generation);
}
