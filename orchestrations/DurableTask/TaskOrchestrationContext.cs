namespace Cloudreve.DurableTask;

/// <summary>
/// The door of an orchestrator to everything that is not pure computation. Its members may only be used from the
/// orchestrator's own flow: never behind <c>ConfigureAwait(false)</c> or in another thread.
/// </summary>
public abstract class TaskOrchestrationContext
{
    /// <summary>The orchestrator's name.</summary>
    public abstract TaskName Name { get; }

    /// <summary>The version that the instance was started with; empty for none.</summary>
    public abstract string Version { get; }

    /// <summary>The instance's id.</summary>
    public abstract string InstanceId { get; }

    /// <summary>The instance that called this one as a sub-orchestration; null for none.</summary>
    public abstract string? ParentInstanceId { get; }

    /// <summary>The time (UTC) as of the event that is being processed: the same in each replay.</summary>
    public abstract DateTime CurrentUtcDateTime { get; }

    /// <summary>True while the code runs over what it has done before. Use it to avoid duplicate logs, never to decide.</summary>
    public abstract bool IsReplaying { get; }

    /// <summary>What the instance was started with.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    public abstract T? GetInput<T>();

    /// <summary>Calls an activity.</summary>
    /// <typeparam name="TResult">What it results in.</typeparam>
    /// <param name="name">The activity.</param>
    /// <param name="input">Its input; its runtime type must be known to the registry's serialiser. Pass references, not data.</param>
    /// <param name="options">Retries; null for none.</param>
    /// <exception cref="TaskFailedException">(in the task) The activity failed, with all retries.</exception>
    public abstract Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null);

    /// <summary>Calls an activity that results in nothing of interest.</summary>
    /// <param name="name">The activity.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">Retries; null for none.</param>
    /// <exception cref="TaskFailedException">(in the task) The activity failed, with all retries.</exception>
    public virtual Task CallActivityAsync(TaskName name, object? input = null, TaskOptions? options = null) =>
        CallActivityAsync<Unread>(name, input, options);

    /// <summary>Runs another orchestrator as an instance of its own and waits for its result.</summary>
    /// <typeparam name="TResult">What it results in.</typeparam>
    /// <param name="name">The orchestrator.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">Retries, and with <see cref="SubOrchestrationOptions"/> the instance's id.</param>
    /// <exception cref="TaskFailedException">(in the task) The sub-orchestration failed or was terminated.</exception>
    public abstract Task<TResult> CallSubOrchestratorAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null);

    /// <summary>Runs another orchestrator whose result is of no interest, and waits for its end.</summary>
    /// <param name="name">The orchestrator.</param>
    /// <param name="input">Its input.</param>
    /// <param name="options">Retries, and with <see cref="SubOrchestrationOptions"/> the instance's id.</param>
    /// <exception cref="TaskFailedException">(in the task) The sub-orchestration failed or was terminated.</exception>
    public virtual Task CallSubOrchestratorAsync(TaskName name, object? input = null, TaskOptions? options = null) =>
        CallSubOrchestratorAsync<Unread>(name, input, options);

    /// <summary>A task that completes at a point in time.</summary>
    /// <param name="fireAt">When (UTC).</param>
    /// <param name="cancellationToken">Cancels the task. The recorded timer still fires, without effect.</param>
    public abstract Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken);

    /// <summary>A task that completes after a time.</summary>
    /// <param name="delay">How long from <see cref="CurrentUtcDateTime"/>.</param>
    /// <param name="cancellationToken">Cancels the task. The recorded timer still fires, without effect.</param>
    public virtual Task CreateTimer(TimeSpan delay, CancellationToken cancellationToken) =>
        CreateTimer(CurrentUtcDateTime + delay, cancellationToken);

    /// <summary>
    /// A task that completes with the next event of a name (compared without regard to case). Events that arrived before
    /// are kept and taken first, in the order of their arrival.
    /// </summary>
    /// <typeparam name="T">The event's payload.</typeparam>
    /// <param name="eventName">The name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public abstract Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default);

    /// <summary>Waits for an event, but not for ever.</summary>
    /// <typeparam name="T">The event's payload.</typeparam>
    /// <param name="eventName">The name.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TaskCanceledException">(in the task) The time is over.</exception>
    public virtual async Task<T> WaitForExternalEvent<T>(string eventName, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var stopTimer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = CreateTimer(timeout, stopTimer.Token);
        var received = WaitForExternalEvent<T>(eventName, stopWaiting.Token);
        Cancel(await Task.WhenAny(received, timer) == received ? stopTimer : stopWaiting);
        return await received;

        // CancelAsync would go through the thread pool, which an orchestrator must not.
        static void Cancel(CancellationTokenSource source) => source.Cancel();
    }

    /// <summary>Raises an event at another instance; nothing is reported back.</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="eventName">The event's name.</param>
    /// <param name="payload">What to send.</param>
    public abstract void SendEvent(string instanceId, string eventName, object? payload = null);

    /// <summary>Sets what clients see as the instance's custom status.</summary>
    /// <param name="customStatus">Any serialisable value; keep it small.</param>
    public abstract void SetCustomStatus(object? customStatus);

    /// <summary>
    /// When the orchestrator returns, starts it again with a new input and an empty history, instead of completing. Calls that
    /// were not awaited are carried out all the same; nobody learns of their results.
    /// </summary>
    /// <param name="newInput">The new input.</param>
    /// <param name="preserveUnprocessedEvents">Whether events that nobody awaited yet are carried over.</param>
    public virtual void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        ContinueAsNew(new ContinueAsNewOptions { PreserveUnprocessedEvents = preserveUnprocessedEvents }, newInput);

    /// <summary>Continues as new, with more to choose: an instance that never ends moves to new code this way.</summary>
    /// <param name="options">The new version, and what becomes of events.</param>
    /// <param name="newInput">The new input.</param>
    public abstract void ContinueAsNew(ContinueAsNewOptions options, object? newInput = null);

    /// <summary>A unique id that is the same in each replay.</summary>
    public abstract Guid NewGuid();

    /// <summary>A result that the caller does not look at, whatever it is.</summary>
    internal readonly record struct Unread;
}
