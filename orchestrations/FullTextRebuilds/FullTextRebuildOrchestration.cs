using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.FullTextRebuilds;

/// <summary>Rebuilds the full-text indexes, some files at a time.</summary>
public static class FullTextRebuildOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "FullTextRebuildOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="state">The progress so far.</param>
    /// <returns>True if it came to its end.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, FullTextRebuildActivities.RebuildFullTexts, FullTextRebuildActivities.FinishFullTextRebuild);
}
