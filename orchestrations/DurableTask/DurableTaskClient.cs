namespace Cloudreve.DurableTask;

/// <summary>How an instance is started.</summary>
/// <param name="InstanceId">Its id, at most 100 characters; null for a random one.</param>
public sealed record StartOrchestrationOptions(string? InstanceId = null);

/// <summary>Starts, watches and steers the instances of a task hub.</summary>
public abstract class DurableTaskClient
{
    /// <summary>
    /// Starts an instance. An id whose instance still runs is not started again: its id is returned.
    /// </summary>
    /// <param name="orchestratorName">The orchestrator.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">The id; null for a random one.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>The instance's id.</returns>
    /// <exception cref="InvalidOperationException">An instance of this id has ended and was not purged.</exception>
    public abstract Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Raises an event at an instance. It is kept until the instance awaits it. An instance that has ended ignores it.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="eventName">The event's name.</param>
    /// <param name="eventPayload">What to send.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default);

    /// <summary>Ends an instance. Activities and sub-orchestrations that it has called run on.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="output">What the instance shall result in.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task TerminateInstanceAsync(string instanceId, object? output = null, CancellationToken cancellation = default);

    /// <summary>Pauses an instance; what happens meanwhile is processed after it is resumed.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; null for no reason.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>Lets a paused instance go on.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="reason">Why; null for no reason.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default);

    /// <summary>What is known about an instance; null when there is none of this id.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether to read input, output and custom status too.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public abstract Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <summary>Waits until an instance has ended.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="getInputsAndOutputs">Whether to read input, output and custom status too.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default);

    /// <summary>Removes all that is stored of an instance that has ended.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>False when there is no such instance or it has not ended.</returns>
    public abstract Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default);
}

/// <summary>There is no instance of the given id.</summary>
/// <param name="instanceId">The id.</param>
public sealed class InstanceNotFoundException(string instanceId) : Exception($"There is no orchestration instance '{instanceId}'.")
{
    /// <summary>The id.</summary>
    public string InstanceId { get; } = instanceId;
}
