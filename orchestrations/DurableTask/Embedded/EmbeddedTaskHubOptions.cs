namespace Cloudreve.DurableTask.Embedded;

/// <summary>How the hub reaches the app's code. Both sides speak what a Functions host would.</summary>
/// <param name="ExecuteOrchestratorAsync">
/// Orchestrator name, instance id, <c>OrchestratorRequest</c> bytes to <c>OrchestratorResponse</c> bytes. An exception is a fault of the
/// way, not of the orchestrator: the hub tries again later.
/// </param>
/// <param name="ExecuteActivityAsync">
/// Activity name, instance id, input as JSON text to what <see cref="ActivityExecutor"/> answers. An exception is tried again a few times.
/// </param>
public sealed record TaskHubDispatcher(
    Func<string, string, byte[], CancellationToken, Task<byte[]>> ExecuteOrchestratorAsync,
    Func<string, string, string, CancellationToken, Task<string>> ExecuteActivityAsync)
{
    /// <summary>A dispatcher that calls the executors directly, in this process.</summary>
    /// <param name="orchestrators">Runs orchestrators.</param>
    /// <param name="activities">Runs activities.</param>
    public static TaskHubDispatcher InProcess(OrchestratorExecutor orchestrators, ActivityExecutor activities) => new(
        (_, _, request, _) => orchestrators.ExecuteAsync(request),
        activities.ExecuteAsync);
}

/// <summary>Limits of an embedded task hub.</summary>
public sealed record EmbeddedTaskHubOptions
{
    /// <summary>Activities that run at the same time.</summary>
    public int MaxConcurrentActivities { get; init; } = 8;

    /// <summary>Instances that are replayed at the same time.</summary>
    public int MaxConcurrentOrchestrations { get; init; } = 4;

    /// <summary>How often a dispatch of an activity that throws is tried in all before the activity counts as failed.</summary>
    public int MaxActivityDispatches { get; init; } = 5;

    /// <summary>The pause before a failed dispatch or storage call is tried again; it doubles up to 30 seconds.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long <see cref="EmbeddedTaskHub.StopAsync"/> lets running work finish.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of histories that are kept in memory between two turns of their instances.</summary>
    public long CacheBytes { get; init; } = 32 * 1024 * 1024;
}
