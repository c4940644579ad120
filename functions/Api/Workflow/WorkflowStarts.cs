using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.Steps;
using Grpc.Core;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>Starts accepted tasks, and returns them.</summary>
/// <param name="catalog">Has the node.</param>
/// <param name="logger">Receives what could not be started yet.</param>
internal sealed class WorkflowStarts(SiteCatalog catalog, ILogger<WorkflowStarts> logger)
{
    /// <summary>Starts a task. It is accepted whether or not the task hub responds now: the timer for lost tasks starts it within minutes.</summary>
    /// <param name="start">Starts its orchestration.</param>
    public async Task<IResult> RunAsync(Func<Task> start, WorkflowTask task, ApiCall call, CancellationToken cancellationToken)
    {
        await StartAsync(start, task);
        return ApiResponse.Ok((await PresenterAsync(call, cancellationToken)).Present(task));
    }

    /// <summary>Starts several tasks of steps, and shapes them; see the other methods.</summary>
    public async Task<IReadOnlyList<TaskResponse>> RunAllAsync(
        TaskWorkflow workflow, DurableTaskClient client, IReadOnlyList<WorkflowTask> tasks, ApiCall call, CancellationToken cancellationToken)
    {
        foreach (var task in tasks)
            await StartAsync(() => workflow.StartAsync(client, task, cancellationToken), task);
        var presenter = await PresenterAsync(call, cancellationToken);
        return [.. tasks.Select(presenter.Present)];
    }

    /// <summary>Wakes a suspended task that its owner has changed. Without the task hub it wakes at its time.</summary>
    public async Task WakeAsync(TaskWorkflow workflow, DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken)
    {
        if (task.Status != WorkflowTaskStatus.Suspending)
            return;
        try
        {
            await workflow.WakeAsync(client, task, cancellationToken);
        }
        catch (RpcException e)
        {
            logger.LogWarning(e, "Task {Task} could not be woken", task.Id);
        }
    }

    private async Task StartAsync(Func<Task> start, WorkflowTask task)
    {
        try
        {
            await start();
        }
        catch (RpcException e)
        {
            logger.LogWarning(e, "Task {Task} is accepted and could not be started yet", task.Id);
        }
    }

    /// <summary>Starts a task of steps; see the other method.</summary>
    public Task<IResult> RunAsync(TaskWorkflow workflow, DurableTaskClient client, WorkflowTask task, ApiCall call, CancellationToken cancellationToken) =>
        RunAsync(() => workflow.StartAsync(client, task, cancellationToken), task, call, cancellationToken);

    /// <summary>Shapes tasks for a caller.</summary>
    public async Task<TaskPresenter> PresenterAsync(ApiCall call, CancellationToken cancellationToken) =>
        new(call.Site.HashIds, await catalog.GetNodeAsync(Node.MasterId, cancellationToken), call.Caller.UserId);
}
