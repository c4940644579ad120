using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Runs the items of a batch, each by itself, and collects failures (contract, section 1).</summary>
/// <param name="clock">Determines when no further item may begin.</param>
internal sealed class Batch(HttpContext http, TimeProvider clock)
{
    private const int Workers = 8;

    // Clients and the platform give up a request after some minutes; the results must be reported before that.
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, ApiFailure> _failures = new(StringComparer.Ordinal);
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Runs items, several at once. Those that have not begun when the batch has taken a minute fail with 409.</summary>
    /// <param name="keys">URIs or ids; each is run once.</param>
    /// <param name="run">Does one item.</param>
    /// <param name="cancellationToken">Cancels what has not begun.</param>
    public Task RunAsync(IEnumerable<string> keys, Func<string, CancellationToken, Task> run, CancellationToken cancellationToken) =>
        RunLanesAsync(keys.Distinct(StringComparer.Ordinal).Select(key => (string[])[key]), run, cancellationToken);

    /// <summary>Runs items in lanes: those of a lane one after the other, several lanes at once.</summary>
    /// <param name="lanes">URIs or ids.</param>
    /// <param name="run">Does one item.</param>
    /// <param name="cancellationToken">Cancels what has not begun.</param>
    public Task RunLanesAsync(IEnumerable<IEnumerable<string>> lanes, Func<string, CancellationToken, Task> run, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            lanes,
            Workers,
            async (lane, token) =>
            {
                foreach (var key in lane)
                    await RunOneAsync(key, run, token);
            },
            cancellationToken);

    /// <summary>True if an item has failed.</summary>
    public bool HasFailures => !_failures.IsEmpty;

    /// <summary>Checks whether a certain item has failed.</summary>
    /// <param name="key">The item.</param>
    public bool HasFailed(string key) => _failures.ContainsKey(key);

    /// <summary>Makes an item fail if another one that it goes along with has failed.</summary>
    /// <param name="key">The item.</param>
    /// <param name="leader">The other one.</param>
    public void Follow(string key, string leader)
    {
        if (_failures.TryGetValue(leader, out var failure))
            _failures.TryAdd(key, failure);
    }

    /// <summary>The response: success, or 40081 with the failures and the results of the other items.</summary>
    /// <param name="data">The payload; null for none.</param>
    /// <typeparam name="T">The type of the payload.</typeparam>
    public ApiResponse<T> Answer<T>(T? data)
        where T : class => _failures.IsEmpty
            ? new ApiResponse<T> { Data = data }
            : new ApiResponse<T>
            {
                Code = (int)ErrorCode.BatchPartlyFailed,
                Msg = _failures.Count == 1 ? _failures.First().Value.Msg : "Some items could not be processed.",
                Data = data,
                CorrelationId = http.TraceIdentifier,
                AggregatedError = _failures.ToDictionary(),
            };

    /// <summary>The answer of a batch without a payload.</summary>
    public ApiResponse<string> Answer() => Answer<string>(null);

    private async Task RunOneAsync(string key, Func<string, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            if (clock.GetElapsedTime(_start) > s_timeLimit)
                throw new CloudreveException(ErrorCode.Conflict, "The batch took too long; this object was not processed. Try again.");
            await run(key, cancellationToken);
        }
        catch (Exception e) when (e is CloudreveException or StorageException)
        {
            _failures[key] = Failures.Of(e);
        }
    }
}
