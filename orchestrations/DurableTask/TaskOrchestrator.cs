namespace Cloudreve.DurableTask;

/// <summary>
/// A durable workflow. Its code is run again from the start whenever something happened to it, so it must be deterministic:
/// time, ids and all effects come from the context, and it awaits nothing but the context's tasks (and combinations of them).
/// </summary>
/// <typeparam name="TInput">What it is started with.</typeparam>
/// <typeparam name="TOutput">What it results in.</typeparam>
public abstract class TaskOrchestrator<TInput, TOutput>
{
    /// <summary>The workflow. An exception that leaves it makes the instance <see cref="OrchestrationRuntimeStatus.Failed"/>.</summary>
    /// <remarks>
    /// Calls of activities and sub-orchestrations that it made and does not await are carried out all the same when it returns
    /// (not when it throws), as in DurableTask; nobody learns of their results. Timers that it does not await are dropped.
    /// </remarks>
    /// <param name="context">The door to everything that is not pure computation.</param>
    /// <param name="input">What the instance was started with; the default when it was started with nothing.</param>
    public abstract Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input);
}

/// <summary>
/// A step of a workflow that does real work. It may be run more than once for one call, so it must be idempotent.
/// </summary>
/// <typeparam name="TInput">What it is called with.</typeparam>
/// <typeparam name="TOutput">What it results in.</typeparam>
public abstract class TaskActivity<TInput, TOutput>
{
    /// <summary>The work. An exception that leaves it reaches the orchestrator as a <see cref="TaskFailedException"/>.</summary>
    /// <param name="context">Who calls.</param>
    /// <param name="input">What it is called with.</param>
    public abstract Task<TOutput> RunAsync(TaskActivityContext context, TInput input);
}

/// <summary>Tells an activity who calls it.</summary>
public sealed class TaskActivityContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="name">The activity's name.</param>
    /// <param name="instanceId">The calling instance.</param>
    /// <param name="cancellationToken">Cancelled when the process stops.</param>
    public TaskActivityContext(TaskName name, string instanceId, CancellationToken cancellationToken = default)
    {
        Name = name;
        InstanceId = instanceId;
        CancellationToken = cancellationToken;
    }

    /// <summary>The activity's name.</summary>
    public TaskName Name { get; }

    /// <summary>The calling instance.</summary>
    public string InstanceId { get; }

    /// <summary>Cancelled when the process stops; the activity is then run again later.</summary>
    public CancellationToken CancellationToken { get; }
}
