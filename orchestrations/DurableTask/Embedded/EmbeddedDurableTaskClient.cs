using System.Runtime.CompilerServices;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.DurableTask.Serialization;
using Google.Protobuf.WellKnownTypes;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>A client of the task hub in the same process.</summary>
/// <param name="hub">The hub.</param>
/// <param name="registry">Where the serialiser is taken from.</param>
public sealed class EmbeddedDurableTaskClient(EmbeddedTaskHub hub, DurableTaskRegistry registry) : DurableTaskClient
{
    private readonly JsonPayload _payload = registry.Payload;

    /// <inheritdoc/>
    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default) =>
        hub.ScheduleAsync(
            new ExecutionStartedEvent
            {
                Name = orchestratorName.Name,
                Version = options?.Version.ToMessage(),
                Input = _payload.Serialize(input),
                ScheduledStartTimestamp = options?.StartAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
            },
            options?.InstanceId,
            cancellation);

    /// <inheritdoc/>
    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        var raised = new EventRaisedEvent { Name = eventName, Input = _payload.Serialize(eventPayload) };
        return hub.SendAsync(instanceId, new HistoryEvent { EventRaised = raised }, cancellation);
    }

    /// <inheritdoc/>
    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions options, CancellationToken cancellation = default)
    {
        var terminated = new ExecutionTerminatedEvent { Input = _payload.Serialize(options.Output), Recurse = options.Recursive };
        return hub.SendAsync(instanceId, new HistoryEvent { ExecutionTerminated = terminated }, cancellation);
    }

    /// <inheritdoc/>
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        hub.SendAsync(instanceId, new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent { Input = reason } }, cancellation);

    /// <inheritdoc/>
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        hub.SendAsync(instanceId, new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent { Input = reason } }, cancellation);

    /// <inheritdoc/>
    public override async Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await hub.FindAsync(instanceId, getInputsAndOutputs, cancellation) is { } state ? Describe(state, getInputsAndOutputs) : null;

    /// <inheritdoc/>
    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Describe(await hub.WaitAsync(instanceId, cancellation), getInputsAndOutputs);

    /// <inheritdoc/>
    public override async IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(
        OrchestrationQuery? filter = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        filter ??= new OrchestrationQuery();
        await foreach (var state in hub.ScanAsync(filter, cancellation))
            yield return Describe(state, filter.FetchInputsAndOutputs);
    }

    /// <inheritdoc/>
    public override Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default) =>
        hub.RestartAsync(instanceId, restartWithNewInstanceId, cancellation);

    /// <inheritdoc/>
    /// <remarks>
    /// The hub removes sub-orchestrations by itself once their caller has taken their result, so there is nothing more to remove
    /// recursively; one that still runs is never purged.
    /// </remarks>
    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await hub.PurgeAsync(instanceId, cancellation) ? 1 : 0);

    private OrchestrationMetadata Describe(InstanceState state, bool withInputs) => new(state.Name, state.InstanceId, _payload)
    {
        RuntimeStatus = (OrchestrationRuntimeStatus)state.Status,
        CreatedAt = state.CreatedAt,
        LastUpdatedAt = state.UpdatedAt,
        FailureDetails = state.Failure is { } failure ? TaskFailureDetails.FromMessage(failure) : null,
        SerializedInput = withInputs ? state.Start.FirstOrDefault()?.ExecutionStarted?.Input : null,
        SerializedOutput = withInputs ? state.Output : null,
        SerializedCustomStatus = withInputs ? state.CustomStatus : null,
    };
}
