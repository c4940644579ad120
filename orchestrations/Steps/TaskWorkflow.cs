using Cloudreve.Core.Tasks;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>The workflow behind a type of tasks, for the code that starts tasks and recovers lost ones.</summary>
public abstract class TaskWorkflow
{
    /// <summary>The type of the tasks.</summary>
    public abstract string Type { get; }

    /// <summary>The orchestrator's name.</summary>
    public abstract string Orchestrator { get; }

    /// <summary>The instance that works for a task.</summary>
    public string InstanceIdOf(WorkflowTask task) => InstanceStart.IdOf(Type.Replace('_', '-'), task);

    /// <summary>Starts a task's orchestration; does nothing when it runs or has ended.</summary>
    /// <param name="client">The task hub.</param>
    public Task StartAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken = default) => InstanceStart.RunAsync(
        client, Orchestrator, InstanceIdOf(task), new StepState(new TaskReference(task.Id, task.OwnerId)), cancellationToken);

    /// <summary>Wakes a task's orchestration if it is suspended.</summary>
    /// <param name="client">The task hub.</param>
    public Task WakeAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken = default) =>
        client.RaiseEventAsync(InstanceIdOf(task), StepRun.Wake, eventPayload: true, cancellationToken);

    /// <summary>Ends a task, and removes its working data. None of its steps may still run.</summary>
    /// <param name="error">The error that ended it early; null for none.</param>
    public abstract Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default);
}
