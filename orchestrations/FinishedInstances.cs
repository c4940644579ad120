using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations;

/// <summary>
/// Removes the instances of workflows that ended, and their histories, from the task hub. Their tasks stay: those are rows of the app,
/// and nothing looks up the instance of a task that has ended.
/// </summary>
/// <param name="clock">Determines what is old.</param>
public sealed class FinishedInstances(TimeProvider clock)
{
    /// <summary>The time that an instance is kept after its start, so that the cause of a failure can be found.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    private static readonly OrchestrationRuntimeStatus[] s_finished =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <summary>Removes instances that ended and were started longer ago than <see cref="Retention"/>, with their sub-orchestrations.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="cancellationToken">Ends the run; the next one continues.</param>
    /// <returns>The number of instances that were removed.</returns>
    public async Task<int> PurgeAsync(DurableTaskClient client, CancellationToken cancellationToken = default)
    {
        var filter = new PurgeInstancesFilter(CreatedTo: clock.GetUtcNow() - Retention, Statuses: s_finished);
        return (await client.PurgeAllInstancesAsync(filter, cancellationToken)).PurgedInstanceCount;
    }
}
