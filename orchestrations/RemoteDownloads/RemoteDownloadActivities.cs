using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.RemoteDownloads;

/// <summary>The steps of downloading from another site. Each may be repeated.</summary>
/// <param name="download">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class RemoteDownloadActivities(RemoteDownload download, ActivityGuard guard)
{
    /// <summary>Name of <see cref="StepAsync"/>.</summary>
    public const string StepRemoteDownload = "StepRemoteDownload";

    /// <summary>Name of <see cref="DownloadAsync"/>.</summary>
    public const string DownloadRemoteFile = "DownloadRemoteFile";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishRemoteDownload = "FinishRemoteDownload";

    /// <summary>Downloads the next bytes, or looks what a downloader has done.</summary>
    /// <param name="task">The task.</param>
    [Function(StepRemoteDownload)]
    public Task<StepAnswer> StepAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(StepRemoteDownload, task.TaskId, () => download.StepAsync(task, cancellationToken));

    /// <summary>Downloads the next bytes for an instance of an earlier release; true when nothing is left to do.</summary>
    /// <param name="task">The task.</param>
    [Function(DownloadRemoteFile)]
    public Task<bool> DownloadAsync([ActivityTrigger] TaskReference task, CancellationToken cancellationToken) =>
        guard.RunAsync(DownloadRemoteFile, task.TaskId, async () => (await download.StepAsync(task, cancellationToken)).IsDone);

    /// <summary>Ends the task.</summary>
    /// <param name="input">How it ended.</param>
    [Function(FinishRemoteDownload)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishTaskInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishRemoteDownload, input.Task.TaskId, async () =>
        {
            await download.FinishAsync(input.Task, input.Error, cancellationToken);
            return true;
        });
}
