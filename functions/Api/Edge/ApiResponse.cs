using System.Text.Json;
using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The envelope of every JSON answer (contract, section 1). The HTTP status is 200 whatever the code.</summary>
/// <typeparam name="T">The type of the payload; list it as <c>ApiResponse&lt;T&gt;</c> in the JSON context of its API group.</typeparam>
internal sealed record ApiResponse<T>
    where T : class
{
    /// <summary>0 for success, 203 when another step is needed, 40081 when some items of a batch failed.</summary>
    public int Code { get; init; }

    /// <summary>A message for people; empty on success.</summary>
    public string Msg { get; init; } = "";

    /// <summary>The payload; left out when null.</summary>
    public T? Data { get; init; }

    /// <summary>The failures of a batch by URI or id; only with code 40081.</summary>
    public IReadOnlyDictionary<string, ApiFailure>? AggregatedError { get; init; }

    /// <summary>The id of the request; only when items failed.</summary>
    public string? CorrelationId { get; init; }
}

/// <summary>Creates envelopes of success.</summary>
internal static class ApiResponse
{
    /// <summary>Success with a payload.</summary>
    /// <param name="data">The payload.</param>
    /// <typeparam name="T">The type of the payload.</typeparam>
    public static ApiResponse<T> Ok<T>(T data)
        where T : class => new() { Data = data };

    /// <summary>Success without a payload.</summary>
    public static ApiResponse<string> Ok() => new();

    /// <summary>No failure, but another step is needed (code 203).</summary>
    /// <param name="data">What the next step needs; null for nothing.</param>
    /// <typeparam name="T">The type of the payload.</typeparam>
    public static ApiResponse<T> Continue<T>(T? data)
        where T : class => new() { Code = (int)ErrorCode.Continue, Data = data };
}

/// <summary>The envelope of a failure. The edge makes it from a <see cref="CloudreveException"/>; batches nest it per item.</summary>
internal sealed record ApiFailure
{
    /// <summary>The documented code.</summary>
    public required int Code { get; init; }

    /// <summary>A message for people, without secrets or addresses.</summary>
    public required string Msg { get; init; }

    /// <summary>A payload, such as the list of lock conflicts; left out when null.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The failures of a batch by URI or id; only with code 40081.</summary>
    public IReadOnlyDictionary<string, ApiFailure>? AggregatedError { get; init; }

    /// <summary>The id of the request, which the log carries, too; left out of nested envelopes.</summary>
    public string? CorrelationId { get; init; }
}
