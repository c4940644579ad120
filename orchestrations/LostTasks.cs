using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.AccountRemovals;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Steps;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Orchestrations;

/// <summary>
/// Takes care of tasks without a running orchestration. One that was accepted and not started is started: the process died between
/// the task's row and its instance. One whose instance has failed, was terminated or is gone ends with an error: first it is
/// closed, and once its running parts have had time to end, it is settled. A run without findings costs one query.
/// </summary>
/// <param name="tasks">Finds the tasks.</param>
/// <param name="imports">Ends imports.</param>
/// <param name="runs">Closes tasks.</param>
/// <param name="workflows">End other tasks.</param>
/// <param name="clock">Determines what is late.</param>
/// <param name="logger">Gets what was found.</param>
public sealed class LostTasks(TaskStore tasks, ImportService imports, TaskRuns runs, IEnumerable<TaskWorkflow> workflows, TimeProvider clock, ILogger<LostTasks> logger)
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(3);

    // Long enough for the last run of a group to end once its task is closed.
    private static readonly TimeSpan s_stallTimeout = ImportService.GroupTimeLimit + TimeSpan.FromMinutes(1);

    /// <summary>Inspects all tasks once. A task that cannot be repaired is logged and does not hold up others.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="cancellationToken">Ends the run; harmless.</param>
    public async Task RunAsync(DurableTaskClient client, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        await foreach (var task in tasks.ScanStaleAsync(now - s_startTimeout, now - s_stallTimeout, cancellationToken))
        {
            try
            {
                if (task.Type == ImportService.TaskType)
                    await RepairAsync(client, task, cancellationToken);
                else if (task.Type == AccountRemoval.TaskType)
                    await ContinueAsync(client, task, cancellationToken);
                else if (workflows.FirstOrDefault(w => w.Type == task.Type) is { } workflow)
                    await RepairAsync(client, workflow, task, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogError(e, "Task {Task} seems to be lost and could not be looked after", task.Id);
            }
        }
    }

    /// <summary>A removal may be run again, whatever happened to its instance.</summary>
    private async Task ContinueAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(AccountRemovalStarter.InstanceIdOf(task), cancellationToken) is { IsCompleted: false })
            return;
        await AccountRemovalStarter.StartAsync(client, task, cancellationToken);
        logger.LogWarning("Task {Task} had no orchestration and is started again", task.Id);
    }

    private async Task RepairAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken)
    {
        var reference = new ImportTaskReference(task.Id, task.OwnerId);
        var instance = await client.GetInstanceAsync(ImportStarter.InstanceIdOf(task), cancellationToken);
        if (instance is { IsCompleted: false })
            return;
        if (task.IsClosing)
        {
            await imports.FinishAsync(reference, failures: null, error: null, cancellationToken);
            logger.LogWarning("Task {Task} had lost its orchestration and was ended", task.Id);
        }
        else if (instance is null && task.Status == WorkflowTaskStatus.Queued)
        {
            await ImportStarter.StartAsync(client, task, cancellationToken);
            logger.LogWarning("Task {Task} had not been started and is started now", task.Id);
        }
        else
        {
            await imports.CloseAsync(reference, cancellationToken);
            logger.LogWarning("Task {Task} has lost its orchestration ({Status}) and is closed", task.Id, instance?.RuntimeStatus.ToString() ?? "gone");
        }
    }

    private async Task RepairAsync(DurableTaskClient client, TaskWorkflow workflow, WorkflowTask task, CancellationToken cancellationToken)
    {
        var reference = new TaskReference(task.Id, task.OwnerId);
        var instance = await client.GetInstanceAsync(workflow.InstanceIdOf(task), cancellationToken);
        if (instance is { IsCompleted: false })
            return;
        if (task.IsClosing)
        {
            await workflow.FinishAsync(reference, error: null, cancellationToken);
            logger.LogWarning("Task {Task} had lost its orchestration and was ended", task.Id);
        }
        else if (instance is null && task.Status == WorkflowTaskStatus.Queued)
        {
            await workflow.StartAsync(client, task, cancellationToken);
            logger.LogWarning("Task {Task} had not been started and is started now", task.Id);
        }
        else
        {
            await runs.CloseAsync(reference, cancellationToken);
            logger.LogWarning("Task {Task} has lost its orchestration ({Status}) and is closed", task.Id, instance?.RuntimeStatus.ToString() ?? "gone");
        }
    }
}
