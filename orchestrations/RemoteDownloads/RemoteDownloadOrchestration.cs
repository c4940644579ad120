using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.RemoteDownloads;

/// <summary>Downloads files from other sites, a stretch at a time.</summary>
public static class RemoteDownloadOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "RemoteDownloadOrchestration2";

    /// <summary>The orchestrator of earlier releases, which did not wait between steps. Instances in flight go on with it.</summary>
    public const string EarlierName = "RemoteDownloadOrchestration";

    /// <summary>Runs one round.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">Where it is.</param>
    /// <returns>Whether it came to its end.</returns>
    [Function(Name)]
    public static Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunWaitingAsync(context, state, RemoteDownloadActivities.StepRemoteDownload, RemoteDownloadActivities.FinishRemoteDownload);

    /// <summary>Runs one round of an instance of an earlier release.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">Where it is.</param>
    /// <returns>Whether it came to its end.</returns>
    [Function(EarlierName)]
    public static Task<bool> RunEarlierAsync([OrchestrationTrigger] TaskOrchestrationContext context, StepState state) =>
        StepRun.RunAsync(context, state, RemoteDownloadActivities.DownloadRemoteFile, RemoteDownloadActivities.FinishRemoteDownload);
}
