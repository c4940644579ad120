using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.ArchiveExtractions;

/// <summary>The steps of extracting an archive. Each may be repeated.</summary>
/// <param name="extraction">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class ArchiveExtractionActivities(ArchiveExtraction extraction, ActivityGuard guard)
{
    /// <summary>Name of <see cref="ExtractAsync"/>.</summary>
    public const string ExtractArchiveEntries = "ExtractArchiveEntries";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishExtraction = "FinishExtraction";

    /// <summary>Extracts the next entries; true when nothing is left to do.</summary>
    [Function(ExtractArchiveEntries)]
    public Task<bool> ExtractAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(ExtractArchiveEntries, task.TaskId, () => extraction.StepAsync(task, cancellationToken));

    /// <summary>Ends the task.</summary>
    /// <param name="input">The outcome.</param>
    [Function(FinishExtraction)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishTaskInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishExtraction, input.Task.TaskId, async () =>
        {
            await extraction.FinishAsync(input.Task, input.Error, cancellationToken);
            return true;
        });
}
