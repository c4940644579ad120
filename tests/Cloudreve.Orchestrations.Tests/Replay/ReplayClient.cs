using System.Text.Json;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>The client of a <see cref="ReplayHub"/>.</summary>
internal sealed class ReplayClient(ReplayHub hub) : DurableTaskClient("test")
{
    /// <summary>Instances that were asked for.</summary>
    public List<string> Looks { get; } = [];

    /// <summary>Fails reads of an instance; null for none.</summary>
    public string? BrokenInstance { get; set; }

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var id = options!.InstanceId!;
        if (hub.Find(id) is { } old)
        {
            if (options.DedupeStatuses!.Contains(Translate(old).ToString()))
                throw new OrchestrationAlreadyExistsException(id);
            hub.Purge(id);
        }
        hub.TryStart(orchestratorName.Name, id, JsonSerializer.Serialize(input, OrchestrationJson.Options));
        return Task.FromResult(id);
    }

    public override Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        Looks.Add(instanceId);
        if (instanceId == BrokenInstance)
            throw new InvalidOperationException("The task hub does not answer.");
        return Task.FromResult(hub.Find(instanceId) is { } found
            ? new OrchestrationMetadata(found.Name, instanceId) { RuntimeStatus = Translate(found) }
            : null);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        hub.Raise(instanceId, eventName, JsonSerializer.Serialize(eventPayload));
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw new NotSupportedException();

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        Pageable.Create((string? _, CancellationToken _) => Task.FromResult(new Page<OrchestrationMetadata>(
            [.. hub.Instances.Select(instance => new OrchestrationMetadata(instance.Name, instance.Id) { RuntimeStatus = Translate(instance) })])));

    private static OrchestrationRuntimeStatus Translate(ReplayInstance instance) => (OrchestrationRuntimeStatus)(int)instance.Status;
}
