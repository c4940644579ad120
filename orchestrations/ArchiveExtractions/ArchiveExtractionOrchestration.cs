using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.ArchiveExtractions;

/// <summary>Extracts an archive entry by entry.</summary>
public static class ArchiveExtractionOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "ArchiveExtractionOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">The progress so far.</param>
    /// <returns>True if the archive was extracted.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, ArchiveExtractionActivities.ExtractArchiveEntries, ArchiveExtractionActivities.FinishExtraction);
}
