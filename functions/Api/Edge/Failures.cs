using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Locks;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Envelopes of failures that carry more than a code.</summary>
internal static class Failures
{
    /// <summary>The envelope of an error; of a lock conflict with the locks in the way (contract, section 13).</summary>
    /// <param name="error">The error.</param>
    /// <param name="code">Its code.</param>
    /// <param name="message">Its message for clients.</param>
    public static ApiFailure Of(Exception error, ErrorCode code, string message) => new()
    {
        Code = (int)code,
        Msg = message,
        Data = error is LockConflictException locked
            ? JsonSerializer.SerializeToElement([.. locked.Conflicts.Select(LockConflictResponse.Of)], FailureJsonContext.Default.LockConflictResponseArray)
            : null,
    };

    /// <summary>The envelope of an error.</summary>
    /// <param name="error">The error.</param>
    public static ApiFailure Of(Exception error)
    {
        var (code, message) = ErrorBoundary.Describe(error);
        return Of(error, code, message);
    }
}

/// <summary>A lock in the way. Only owners of a drive can change it, so they may know tokens and paths.</summary>
/// <param name="Path">What is locked.</param>
/// <param name="Token">Releases the lock.</param>
/// <param name="Owner">What holds it.</param>
/// <param name="Type">File or folder.</param>
internal sealed record LockConflictResponse(string Path, string Token, LockOwnerResponse Owner, int Type)
{
    public static LockConflictResponse Of(DriveLock held) => new(
        FileUri.My(held.Path).ToString(), held.Token,
        new LockOwnerResponse(new LockApplicationResponse(held.Application.Type, held.Application.InnerXml, held.Application.ViewerId)), (int)held.Type);
}

/// <summary>What holds a lock.</summary>
/// <param name="Application">The application.</param>
internal sealed record LockOwnerResponse(LockApplicationResponse Application);

/// <summary>An application that holds a lock.</summary>
/// <param name="Type">upload, dav, viewer and the like.</param>
/// <param name="InnerXml">The owner element of a WebDAV lock.</param>
/// <param name="ViewerId">The viewer.</param>
internal sealed record LockApplicationResponse(string Type, string? InnerXml, string? ViewerId);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LockConflictResponse[]))]
internal sealed partial class FailureJsonContext : JsonSerializerContext;

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
                Msg = _failures.Count == 1 ? _failures.First().Value.Msg : "Some of the objects could not be processed.",
                Data = data,
                CorrelationId = http.TraceIdentifier,
                AggregatedError = _failures.ToDictionary(),
            };

    /// <summary>The answer of a batch without a payload.</summary>
    public ApiResponse<string> Answer() => Answer<string>(null);
}
