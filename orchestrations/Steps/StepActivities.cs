using Cloudreve.Core.Tasks;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>Activities that all workflows of steps share.</summary>
/// <param name="runs">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class StepActivities(TaskRuns runs, ActivityGuard guard)
{
    /// <summary>Name of <see cref="SuspendAsync"/>.</summary>
    public const string SuspendTask = "SuspendTask";

    /// <summary>Suspends a task that failed; returns the time of its restart, null when it has no retry left.</summary>
    /// <param name="input">The failure.</param>
    [Function(SuspendTask)]
    public Task<DateTimeOffset?> SuspendAsync([ActivityTrigger] SuspendTaskInput input, CancellationToken cancellationToken) => guard.RunAsync(
        SuspendTask, input.Task.TaskId, () => runs.SuspendAsync(input.Task, input.Failures, input.Count, input.Error, cancellationToken));
}
