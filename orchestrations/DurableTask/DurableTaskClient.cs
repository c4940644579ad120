namespace Cloudreve.DurableTask;

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
    public virtual Task TerminateInstanceAsync(string instanceId, object? output = null, CancellationToken cancellation = default) =>
        TerminateInstanceAsync(instanceId, new TerminateInstanceOptions(output), cancellation);

    /// <summary>Ends an instance, and on demand all that it has called. Activities run on; nobody learns of their results.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="options">Its result, and what becomes of its sub-orchestrations.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    public abstract Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions options, CancellationToken cancellation = default);

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

    /// <summary>Lists instances, in no particular order. It reads all of the task hub: for operators, not for features.</summary>
    /// <param name="filter">Which; null for all.</param>
    /// <param name="cancellation">Ends the listing.</param>
    public abstract IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(
        OrchestrationQuery? filter = null, CancellationToken cancellation = default);

    /// <summary>Starts an instance again with the input and version that it (or, after it continued as new, its last round) was started with.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="restartWithNewInstanceId">Whether a further instance is started, under a random id, instead of the same one anew.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>The id of the started instance.</returns>
    /// <exception cref="InstanceNotFoundException">There is no such instance.</exception>
    /// <exception cref="InvalidOperationException">It shall keep its id and has not ended.</exception>
    public abstract Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default);

    /// <summary>Removes all that is stored of an instance that has ended.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="options">What becomes of its sub-orchestrations; null for nothing.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public abstract Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default);
}
