using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Steps;

namespace Cloudreve.Orchestrations.RemoteDownloads;

/// <summary>The workflow of tasks that download from other sites.</summary>
/// <param name="download">Does the work.</param>
public sealed class RemoteDownloadWorkflow(RemoteDownload download) : TaskWorkflow
{
    /// <inheritdoc/>
    public override string Type => RemoteDownload.TaskType;

    /// <inheritdoc/>
    public override string Orchestrator => RemoteDownloadOrchestration.Name;

    /// <inheritdoc/>
    public override Task FinishAsync(TaskReference task, string? error, CancellationToken cancellationToken = default) =>
        download.FinishAsync(task, error, cancellationToken);
}
