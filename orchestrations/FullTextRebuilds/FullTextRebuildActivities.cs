using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.FullTextRebuilds;

/// <summary>The steps of rebuilding full-text indexes. Each may be repeated.</summary>
/// <param name="rebuild">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class FullTextRebuildActivities(FullTextRebuild rebuild, ActivityGuard guard)
{
    /// <summary>Name of <see cref="IndexAsync"/>.</summary>
    public const string RebuildFullTexts = "RebuildFullTexts";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishFullTextRebuild = "FinishFullTextRebuild";

    /// <summary>Removes indexes or indexes the next files; true when nothing is left to do.</summary>
    [Function(RebuildFullTexts)]
    public Task<bool> IndexAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(RebuildFullTexts, task.TaskId, () => rebuild.StepAsync(task, cancellationToken));

    /// <summary>Ends the task.</summary>
    /// <param name="input">The outcome.</param>
    [Function(FinishFullTextRebuild)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishTaskInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishFullTextRebuild, input.Task.TaskId, async () =>
        {
            await rebuild.FinishAsync(input.Task, input.Error, cancellationToken);
            return true;
        });
}
