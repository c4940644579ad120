namespace Cloudreve.DurableTask;

/// <summary>How an instance is started.</summary>
/// <param name="InstanceId">Its id, at most 100 characters; null for a random one.</param>
/// <param name="StartAt">When it begins to run; null for at once.</param>
public sealed record StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    /// <summary>The orchestrator's version.</summary>
    public TaskVersion Version { get; init; }
}

/// <summary>How an instance is ended.</summary>
/// <param name="Output">What the instance shall result in.</param>
/// <param name="Recursive">Whether its running sub-orchestrations are ended, too, and theirs.</param>
public sealed record TerminateInstanceOptions(object? Output = null, bool Recursive = false);

/// <summary>How an instance is removed.</summary>
/// <param name="Recursive">Whether its sub-orchestrations are removed, too.</param>
public sealed record PurgeInstanceOptions(bool Recursive = false);

/// <summary>What a purge has removed.</summary>
/// <param name="PurgedInstanceCount">Number of instances: 0 when there is none of the id or it has not ended.</param>
public sealed record PurgeResult(int PurgedInstanceCount);

/// <summary>Which instances to list.</summary>
/// <param name="CreatedFrom">Accepted at this time or later; null for any.</param>
/// <param name="CreatedTo">Accepted at this time or before; null for any.</param>
/// <param name="Statuses">In one of these states; null for any.</param>
/// <param name="InstanceIdPrefix">With an id that starts so; null for any.</param>
/// <param name="FetchInputsAndOutputs">Whether to read input, output and custom status too.</param>
public sealed record OrchestrationQuery(
    DateTimeOffset? CreatedFrom = null,
    DateTimeOffset? CreatedTo = null,
    IReadOnlyCollection<OrchestrationRuntimeStatus>? Statuses = null,
    string? InstanceIdPrefix = null,
    bool FetchInputsAndOutputs = false);

/// <summary>There is no instance of the given id.</summary>
/// <param name="instanceId">The id.</param>
public sealed class InstanceNotFoundException(string instanceId) : Exception($"There is no orchestration instance '{instanceId}'.")
{
    /// <summary>The id.</summary>
    public string InstanceId { get; } = instanceId;
}
