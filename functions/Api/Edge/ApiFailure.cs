using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The envelope of a failure. The edge builds it from a <see cref="CloudreveException"/>; batches nest it per item.</summary>
internal sealed record ApiFailure
{
    /// <summary>The documented code.</summary>
    public required int Code { get; init; }

    /// <summary>A message for users, without secrets or addresses.</summary>
    public required string Msg { get; init; }

    /// <summary>A payload, such as the list of lock conflicts; left out when null.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The failures of a batch by URI or id; only with code 40081.</summary>
    public IReadOnlyDictionary<string, ApiFailure>? AggregatedError { get; init; }

    /// <summary>The id of the request, which is also in the log; left out of nested envelopes.</summary>
    public string? CorrelationId { get; init; }
}
