using Cloudreve.AzureStorage;

namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>
/// Work that many callers want at once and that is done once for all of them: they share one attempt and its failure. An attempt belongs to
/// nobody, so it continues after the first caller has left.
/// </summary>
/// <param name="run">The work.</param>
/// <param name="timeout">The time that an attempt may take; infinite where each of its steps has a limit of its own.</param>
/// <param name="clock">Measures.</param>
/// <typeparam name="T">What comes of it.</typeparam>
internal sealed class SharedAttempt<T>(Func<CancellationToken, Task<T>> run, TimeSpan timeout, TimeProvider clock)
    where T : class
{
    /// <summary>The time that callers wait who could use the previous value.</summary>
    public static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock = clock;
    private readonly Lock _lock = new();
    private Attempt? _current;

    /// <summary>The attempt in progress, or a new one.</summary>
    /// <exception cref="StorageUnavailableException">Thrown by the attempt's task: it took too long.</exception>
    public Attempt Join()
    {
        Attempt attempt;
        lock (_lock)
            attempt = _current ??= new Attempt(this);
        attempt.Begin();
        return attempt;
    }

    /// <summary>Begins an attempt in the background unless one is in progress.</summary>
    public void Start()
    {
        Attempt attempt;
        lock (_lock)
        {
            if (_current is not null)
                return;
            attempt = _current = new Attempt(this);
        }
        // The background work must not keep the current request alive, nor be charged to it.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(attempt.Begin);
    }

    /// <summary>Leaves the attempt in progress to the callers that have joined it: the next caller begins another.</summary>
    public void Abandon()
    {
        lock (_lock)
            _current = null;
    }

    private async Task<T> RunAsync(Attempt attempt)
    {
        using var limit = new CancellationTokenSource(timeout, _clock);
        try
        {
            // The work may not check the token in time.
            return await run(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new StorageUnavailableException("Nothing was heard in time", e);
        }
        finally
        {
            lock (_lock)
            {
                if (_current == attempt)
                    _current = null;
            }
        }
    }

    /// <summary>One attempt.</summary>
    internal sealed class Attempt
    {
        private readonly SharedAttempt<T> _owner;
        private readonly long _begunAt;
        private readonly Lazy<Task<T>> _task;

        internal Attempt(SharedAttempt<T> owner)
        {
            (_owner, _begunAt) = (owner, owner._clock.GetTimestamp());
            _task = new Lazy<Task<T>>(Run);
        }

        /// <summary>Waits for the result.</summary>
        /// <param name="cancellationToken">Ends this caller's waiting; the attempt continues.</param>
        public Task<T> WaitAsync(CancellationToken cancellationToken) => _task.Value.WaitAsync(cancellationToken);

        /// <summary>Waits for the result, or returns the previous one if it fails or is slow: for reads that may be somewhat out of date.</summary>
        /// <param name="known">The previous value; null for none that would do, or would do any more.</param>
        /// <param name="cancellationToken">Ends this caller's waiting; the attempt continues.</param>
        public async Task<T> OrKnownAsync(Func<T?> known, CancellationToken cancellationToken)
        {
            if (known() is null)
                return await WaitAsync(cancellationToken);
            try
            {
                var left = WaitTimeout - _owner._clock.GetElapsedTime(_begunAt);
                return await _task.Value.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _owner._clock, cancellationToken);
            }
            catch (Exception e) when (e is TimeoutException or StorageException or HttpRequestException or IOException)
            {
                return known() ?? await WaitAsync(cancellationToken);
            }
        }

        internal void Begin() => _ = _task.Value;

        private Task<T> Run()
        {
            var task = _owner.RunAsync(this);
            // A failure that nobody has waited for need not be reported.
            _ = task.ContinueWith(static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return task;
        }
    }
}
