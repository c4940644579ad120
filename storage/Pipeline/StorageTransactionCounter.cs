using System.Collections.Concurrent;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>
/// Counts the billed requests of a storage account, retries included. One counter belongs to one <see cref="StorageAccount"/>;
/// <see cref="Measure"/> counts only what the current asynchronous flow causes.
/// </summary>
public sealed class StorageTransactionCounter
{
    private readonly AsyncLocal<Measurement?> _current = new();
    private readonly ConcurrentDictionary<string, long> _byOperation = new();
    private long _total;

    /// <summary>All requests since the account was created.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Requests by <c>service method resource</c>, for diagnosis.</summary>
    public IReadOnlyDictionary<string, long> ByOperation => _byOperation;

    /// <summary>Starts counting the requests of this asynchronous flow and of those that it starts.</summary>
    /// <returns>The running count; dispose it to stop.</returns>
    public Measurement Measure()
    {
        var measurement = new Measurement(this, _current.Value);
        _current.Value = measurement;
        return measurement;
    }

    internal void Count(StorageCall call)
    {
        Interlocked.Increment(ref _total);
        _byOperation.AddOrUpdate($"{call.Service} {call.Method} {call.Resource}", 1, static (_, n) => n + 1);
        for (var m = _current.Value; m is not null; m = m.Outer)
            m.Add(call);
    }

    /// <summary>A running count of one asynchronous flow.</summary>
    public sealed class Measurement : IDisposable
    {
        private readonly StorageTransactionCounter _owner;
        private readonly ConcurrentQueue<StorageCall> _calls = new();

        internal Measurement(StorageTransactionCounter owner, Measurement? outer)
        {
            _owner = owner;
            Outer = outer;
        }

        internal Measurement? Outer { get; }

        /// <summary>Requests so far.</summary>
        public int Total => _calls.Count;

        /// <summary>The requests so far, in the order in which they were sent.</summary>
        public IReadOnlyList<StorageCall> Calls => [.. _calls];

        /// <summary>Requests so far to one service.</summary>
        public int Of(StorageService service) => _calls.Count(c => c.Service == service);

        internal void Add(StorageCall call) => _calls.Enqueue(call);

        /// <inheritdoc/>
        public void Dispose() => _owner._current.Value = Outer;
    }
}
