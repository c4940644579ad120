using System.Text.Json;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>Shapes tasks for their owners.</summary>
/// <param name="hashIds">Encodes ids.</param>
/// <param name="node">The node that works on them.</param>
internal sealed class TaskPresenter(HashIdCodec hashIds, Node node)
{
    /// <summary>Shapes a task.</summary>
    /// <param name="task">The task.</param>
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
        Error = task.Error,
        ErrorHistory = task.ErrorHistory.Count == 0 ? null : task.ErrorHistory,
    };

    private Dictionary<string, JsonElement> Describe(WorkflowTask task)
    {
        if (task.Type != ImportService.TaskType)
            return [];
        var job = ImportService.JobOf(task);
        var destination = FileUri.My(FilePath.ParsePlain(job.Destination)) with { Id = hashIds.Encode(job.UserId, HashIdKind.User) };
        return new Dictionary<string, JsonElement>
        {
            ["dst"] = Text(destination.ToString()),
            ["src_str"] = Text("/" + job.Source.TrimEnd('/')),
            ["failed"] = JsonSerializer.SerializeToElement(task.Failed),
            ["dst_policy_id"] = Text(hashIds.Encode(job.PolicyId, HashIdKind.Policy)),
        };
    }

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text);
}
