using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations;

/// <summary>The load of one of the contract's queues (section 24).</summary>
/// <param name="Name">The queue.</param>
/// <param name="BusyWorkers">Number of tasks that run.</param>
/// <param name="SuccessTasks">Number of tasks that succeeded.</param>
/// <param name="FailureTasks">Number of tasks that failed or were ended from outside.</param>
/// <param name="SubmittedTasks">All that came.</param>
/// <param name="SuspendingTasks">Number of tasks that wait.</param>
public sealed record QueueMetrics(string Name, int BusyWorkers, int SuccessTasks, int FailureTasks, int SubmittedTasks, int SuspendingTasks)
{
    /// <summary>Maximum number of instances that are examined; the hub keeps those of a week.</summary>
    public const int MaxInstances = 5_000;

    private const string Workflows = "io_intense";

    // Queue functions and timers of the platform do this work; none of it waits in the task hub.
    private static readonly string[] s_others = ["media_meta", "recycle", "thumb", "remote_download"];

    /// <summary>Counts the instances of the task hub: one query for each 1,000, those of sub-orchestrations included.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="cancellationToken">Cancels the queries.</param>
    public static async Task<IReadOnlyList<QueueMetrics>> ReadAsync(DurableTaskClient client, CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<OrchestrationRuntimeStatus, int>();
        var instances = client.GetAllInstancesAsync(new OrchestrationQuery { PageSize = 1000, FetchInputsAndOutputs = false });
        await foreach (var instance in instances.Take(MaxInstances).WithCancellation(cancellationToken))
            counts[instance.RuntimeStatus] = counts.GetValueOrDefault(instance.RuntimeStatus) + 1;
        return [Of(counts), .. s_others.Select(name => new QueueMetrics(name, 0, 0, 0, 0, 0))];
    }

    private static QueueMetrics Of(Dictionary<OrchestrationRuntimeStatus, int> counts)
    {
        int Sum(params IEnumerable<OrchestrationRuntimeStatus> statuses) => statuses.Sum(status => counts.GetValueOrDefault(status));
        return new QueueMetrics(
            Workflows,
            Sum(OrchestrationRuntimeStatus.Running),
            Sum(OrchestrationRuntimeStatus.Completed),
            Sum(OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated),
            counts.Values.Sum(),
            Sum(OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Suspended));
    }
}
