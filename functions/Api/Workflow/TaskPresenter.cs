using System.Text.Json;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Workflow.RemoteDownloads;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>Shapes tasks. Paths are from the viewer's view (contract, section 8): those in the drives of others name the owner.</summary>
/// <param name="node">The node that works on them.</param>
/// <param name="viewerId">The user who sees them; null for administration, where all owners are named.</param>
internal sealed class TaskPresenter(HashIdCodec hashIds, Node node, long? viewerId)
{
    /// <summary>Shapes a task.</summary>
    public TaskResponse Present(WorkflowTask task) => new()
    {
        Id = hashIds.Encode(task.Id, HashIdKind.Task),
        Type = task.Type,
        Status = task.Status.ToString().ToLowerInvariant(),
        CreatedAt = task.CreatedAt,
        UpdatedAt = task.UpdatedAt,
        Node = new NodeResponse(
            hashIds.Encode(node.Id, HashIdKind.Node), node.Name, node.IsMaster ? "master" : "slave", node.Capabilities.ToString()),
        Summary = new TaskSummaryResponse(task.Phase, Describe(task)),
        Duration = (long)task.Duration.TotalMilliseconds,
        RetryCount = task.RetryCount,
        ResumeTime = task.ResumeTime?.ToUnixTimeSeconds(),
        Error = task.Error,
        ErrorHistory = task.ErrorHistory.Count == 0 ? null : task.ErrorHistory,
    };

    private Dictionary<string, JsonElement> Describe(WorkflowTask task) => task.Type switch
    {
        ImportService.TaskType => DescribeImport(task, ImportService.JobOf(task)),
        ArchiveCreation.TaskType => DescribeArchive(task, ArchiveCreation.JobOf(task)),
        ArchiveExtraction.TaskType => DescribeExtraction(task, ArchiveExtraction.JobOf(task)),
        Relocation.TaskType => DescribeRelocation(task, Relocation.JobOf(task)),
        FullTextRebuild.TaskType => DescribeRebuild(task),
        RemoteDownload.TaskType => DescribeDownload(task, RemoteDownload.JobOf(task)),
        _ => [],
    };

    private Dictionary<string, JsonElement> DescribeImport(WorkflowTask task, ImportJob job)
    {
        var described = new Dictionary<string, JsonElement>
        {
            ["dst"] = Text(UriOf(job.UserId, job.Destination)),
            ["src_str"] = Text("/" + job.Source.TrimEnd('/')),
            ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
            ["dst_policy_id"] = Text(hashIds.Encode(job.PolicyId, HashIdKind.Policy)),
        };
        if (job.IsDryRun)
            described["dry_run"] = JsonSerializer.SerializeToElement(true);
        if (job.IsMirror)
            described["mirror"] = JsonSerializer.SerializeToElement(true);
        if (job.Interval > 0)
            described["interval"] = JsonSerializer.SerializeToElement(job.Interval);
        if (task.Counts.Count > 0)
            described["counts"] = JsonSerializer.SerializeToElement(task.Counts);
        return described;
    }

    private Dictionary<string, JsonElement> DescribeArchive(WorkflowTask task, ArchiveJob job) => new()
    {
        ["src_multiple"] = JsonSerializer.SerializeToElement(job.Sources.Select(source => source.Uri)),
        ["dst"] = Text(UriOf(task.OwnerId, job.Destination)),
        ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
    };

    private Dictionary<string, JsonElement> DescribeExtraction(WorkflowTask task, ExtractionJob job) => new()
    {
        ["src"] = Text(job.Source),
        ["dst"] = Text(UriOf(task.OwnerId, job.Destination)),
        ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
    };

    private Dictionary<string, JsonElement> DescribeRelocation(WorkflowTask task, RelocationJob job) => new()
    {
        ["src_multiple"] = JsonSerializer.SerializeToElement(job.Sources.Select(source => source.Uri)),
        ["dst_policy_id"] = Text(hashIds.Encode(job.PolicyId, HashIdKind.Policy)),
        ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
    };

    private static Dictionary<string, JsonElement> DescribeRebuild(WorkflowTask task) => new()
    {
        ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
        ["total"] = JsonSerializer.SerializeToElement(task.Progress.Values.Sum(progress => progress.Total)),
    };

    private Dictionary<string, JsonElement> DescribeDownload(WorkflowTask task, RemoteDownloadJob job)
    {
        var described = new Dictionary<string, JsonElement>
        {
            [job.IsFile ? "src" : "src_str"] = Text(job.Source),
            ["dst"] = Text(UriOf(task.OwnerId, job.Destination)),
            ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
        };
        if (DownloadResponse.Describe(task) is { } download)
            described["download"] = download;
        return described;
    }

    private string UriOf(long userId, string path)
    {
        var uri = FileUri.My(FilePath.ParsePlain(path));
        return (userId == viewerId ? uri : uri with { Id = hashIds.Encode(userId, HashIdKind.User) }).ToString();
    }

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text);
}
