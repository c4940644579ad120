using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Relocations;

/// <summary>Moves the blobs of files to another storage policy, some at a time.</summary>
public static class RelocationOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "RelocationOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="state">The progress so far.</param>
    /// <returns>True if it came to its end.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, RelocationActivities.RelocateBlobs, RelocationActivities.FinishRelocation);
}
