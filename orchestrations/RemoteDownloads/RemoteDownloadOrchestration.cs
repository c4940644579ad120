using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.RemoteDownloads;

/// <summary>Downloads a file from another site, a stretch at a time.</summary>
public static class RemoteDownloadOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "RemoteDownloadOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">Where it is.</param>
    /// <returns>Whether it came to its end.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, RemoteDownloadActivities.DownloadRemoteFile, RemoteDownloadActivities.FinishRemoteDownload);
}
