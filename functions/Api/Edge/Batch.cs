using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Runs the items of a batch, each by itself, and gathers what fails (contract, section 1).</summary>
/// <param name="http">The request.</param>
internal sealed class Batch(HttpContext http)
{
    private const int Workers = 8;

    private readonly ConcurrentDictionary<string, ApiFailure> _failures = new(StringComparer.Ordinal);

    /// <summary>Runs the items, several at once.</summary>
    /// <param name="keys">URIs or ids; each is run once.</param>
    /// <param name="run">Does one item.</param>
    /// <param name="cancellationToken">Cancels what has not begun.</param>
    public async Task RunAsync(IEnumerable<string> keys, Func<string, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            keys.Distinct(StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellationToken },
            async (key, token) =>
            {
                try
                {
                    await run(key, token);
                }
                catch (Exception e) when (e is CloudreveException or StorageException)
                {
                    _failures[key] = Failures.Of(e);
                }
            });
    }

    /// <summary>Whether an item has failed.</summary>
    public bool HasFailures => !_failures.IsEmpty;

    /// <summary>The answer: success, or 40081 with the failures and what has come out nevertheless.</summary>
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
}
