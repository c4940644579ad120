using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.ArchiveCreations;

/// <summary>Creates an archive segment by segment.</summary>
public static class ArchiveCreationOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "ArchiveCreationOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">The progress so far.</param>
    /// <returns>True if the archive was created.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, ArchiveCreationActivities.WriteArchive, ArchiveCreationActivities.FinishArchive);
}
