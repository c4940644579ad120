using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Admin.Users;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Workflow;

namespace Cloudreve.Functions.Api.Admin.Tasks;

/// <summary>A task as the administration sees it (contract, section 24).</summary>
internal sealed record AdminTaskResponse(long Id, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Type, string Status)
{
    /// <summary>The result so far.</summary>
    public required AdminTaskState PublicState { get; init; }

    /// <summary>The request, as JSON.</summary>
    public string PrivateState { get; init; } = "";

    /// <summary>The owner's id.</summary>
    public long UserTasks { get; init; }

    /// <summary>The owner.</summary>
    public AdminTaskEdges Edges { get; init; } = new(null);

    /// <summary>The owner's id as users see it.</summary>
    public string? UserHashId { get; init; }

    /// <summary>The task's id as users see it.</summary>
    public string? TaskHashId { get; init; }

    /// <summary>The objects that it works on.</summary>
    public TaskSummaryResponse? Summary { get; init; }

    /// <summary>The node that works on it.</summary>
    public AdminTaskNode? Node { get; init; }

    /// <summary>Describes a task.</summary>
    /// <param name="owner">Its owner; null when the account is gone.</param>
    public static AdminTaskResponse Of(WorkflowTask task, AdminUserName? owner, Node node, HashIdCodec hashIds) =>
        new(task.Id, task.CreatedAt, task.UpdatedAt, task.Type, task.Status.ToString().ToLowerInvariant())
        {
            PublicState = new AdminTaskState(task.Error, task.ErrorHistory.Count == 0 ? null : task.ErrorHistory, task.Duration.Ticks * 100)
            {
                RetryCount = task.RetryCount,
                ResumeTime = task.ResumeTime?.ToUnixTimeSeconds(),
            },
            PrivateState = task.Job,
            UserTasks = task.OwnerId,
            Edges = new AdminTaskEdges(owner),
            UserHashId = hashIds.Encode(task.OwnerId, HashIdKind.User),
            TaskHashId = hashIds.Encode(task.Id, HashIdKind.Task),
            Summary = new TaskPresenter(hashIds, node, viewerId: null).Present(task).Summary,
            Node = new AdminTaskNode(node.Id, node.Name, node.IsMaster ? "master" : "slave"),
        };
}

/// <summary>The result of a task.</summary>
/// <param name="Error">The error that ended it.</param>
/// <param name="ErrorHistory">The first failures.</param>
/// <param name="ExecutedDuration">Nanoseconds.</param>
internal sealed record AdminTaskState(string? Error, IReadOnlyList<string>? ErrorHistory, long ExecutedDuration)
{
    /// <summary>Number of restarts.</summary>
    public int RetryCount { get; init; }

    /// <summary>The time of its next restart, in seconds since 1970; null unless it waits for one.</summary>
    public long? ResumeTime { get; init; }
}

/// <summary>The objects related to a task.</summary>
/// <param name="User">The owner.</param>
internal sealed record AdminTaskEdges(AdminUserName? User);

/// <summary>The node that works on a task.</summary>
internal sealed record AdminTaskNode(int Id, string Name, string Type);

/// <summary>A page of tasks.</summary>
internal sealed record AdminTaskListResponse(IReadOnlyList<AdminTaskResponse> Tasks, PaginationResponse Pagination);

/// <summary>The body of a cleanup of tasks.</summary>
/// <param name="NotAfter">Tasks that were made by then.</param>
/// <param name="Types">Their types; null for any.</param>
/// <param name="Status">Their states; null for any end.</param>
internal sealed record CleanUpTasksRequest(DateTimeOffset NotAfter, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Status = null);
