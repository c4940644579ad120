using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The envelope of every JSON answer (contract, section 1). The HTTP status is 200 whatever the code.</summary>
/// <typeparam name="T">The type of the payload.</typeparam>
internal sealed record ApiResponse<T> : IResult
    where T : class
{
    /// <summary>0 for success, 203 when another step is needed, 40081 when some items of a batch failed.</summary>
    public int Code { get; init; }

    /// <summary>A message for users; empty on success.</summary>
    public string Msg { get; init; } = "";

    /// <summary>The payload; left out when null.</summary>
    public T? Data { get; init; }

    /// <summary>The failures of a batch by URI or id; only with code 40081.</summary>
    public IReadOnlyDictionary<string, ApiFailure>? AggregatedError { get; init; }

    /// <summary>The id of the request; only when items failed.</summary>
    public string? CorrelationId { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => httpContext.Response.WriteAsJsonAsync(this, ApiJson.Options, httpContext.RequestAborted);
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

    /// <summary>Not a failure: another step is needed (code 203).</summary>
    /// <param name="data">Data for the next step; null for none.</param>
    /// <typeparam name="T">The type of the payload.</typeparam>
    public static ApiResponse<T> Continue<T>(T? data)
        where T : class => new() { Code = (int)ErrorCode.Continue, Data = data };
}
