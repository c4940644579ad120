using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.Relocations;

/// <summary>The steps of relocating files. Each may be repeated.</summary>
/// <param name="relocation">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class RelocationActivities(Relocation relocation, ActivityGuard guard)
{
    /// <summary>Name of <see cref="RelocateAsync"/>.</summary>
    public const string RelocateBlobs = "RelocateBlobs";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishRelocation = "FinishRelocation";

    /// <summary>Moves the next blobs; true when nothing is left to do.</summary>
    [Function(RelocateBlobs)]
    public Task<bool> RelocateAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(RelocateBlobs, task.TaskId, () => relocation.StepAsync(task, cancellationToken));

    /// <summary>Ends the task.</summary>
    /// <param name="input">The outcome.</param>
    [Function(FinishRelocation)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishTaskInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishRelocation, input.Task.TaskId, async () =>
        {
            await relocation.FinishAsync(input.Task, input.Error, cancellationToken);
            return true;
        });
}
