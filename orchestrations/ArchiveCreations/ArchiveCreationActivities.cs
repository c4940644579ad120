using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.ArchiveCreations;

/// <summary>The steps of creating an archive. Each may be repeated.</summary>
/// <param name="creation">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class ArchiveCreationActivities(ArchiveCreation creation, ActivityGuard guard)
{
    /// <summary>Name of <see cref="WriteAsync"/>.</summary>
    public const string WriteArchive = "WriteArchive";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishArchive = "FinishArchive";

    /// <summary>Writes the next segment; true when nothing is left to do.</summary>
    [Function(WriteArchive)]
    public Task<bool> WriteAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(WriteArchive, task.TaskId, () => creation.StepAsync(task, cancellationToken));

    /// <summary>Ends the task.</summary>
    /// <param name="input">The outcome.</param>
    [Function(FinishArchive)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishTaskInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishArchive, input.Task.TaskId, async () =>
        {
            await creation.FinishAsync(input.Task, input.Error, cancellationToken);
            return true;
        });
}
