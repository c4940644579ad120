using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tasks.Administration;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Admin.Users;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations;
using Grpc.Core;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Admin.Tasks;

/// <summary>The tasks of all users, and the load of the task hub (contract, section 24).</summary>
internal sealed class AdminTaskFunctions(TaskAdministration administration, UserStore users, SiteCatalog catalog, TimeProvider clock)
{
    private static readonly string[] s_orders = ["created_at"];
    private static readonly string[] s_filters = ["task_type", "task_status", "task_user_id", "task_correlation_id"];

    private static readonly Dictionary<string, WorkflowTaskStatus> s_statuses =
        Enum.GetValues<WorkflowTaskStatus>().ToDictionary(status => status.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>Lists tasks.</summary>
    [Function("AdminListTasks")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminTaskListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/queue")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders, s_filters);
        var filter = new TaskFilter(body.Condition("task_type"), body.Choice("task_status", s_statuses), body.Number("task_user_id"));
        // Tasks of this site do not keep the id of the request that created them, so none matches.
        var found = body.Condition("task_correlation_id") is not null
            ? new NumberedItems<WorkflowTask>([], 0)
            : await administration.ListAsync(body.Rows(), filter, body.Order != "id", call.Site.Get(SiteSetting.MaxSortedRows), cancellationToken);
        return ApiResponse.Ok(new AdminTaskListResponse(await DescribeAsync(found.Items, call, cancellationToken), body.Pagination(found.Total)));
    }

    /// <summary>Returns a task.</summary>
    [Function("AdminGetTask")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminTaskResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/queue/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok((await DescribeAsync([await administration.GetAsync(AdminId.Parse(id), cancellationToken)], call, cancellationToken))[0]);

    /// <summary>Deletes tasks that have ended.</summary>
    [Function("AdminBatchDeleteTasks")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/queue/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Keys(), (id, token) => administration.DeleteAsync(AdminId.Parse(id), token), cancellationToken);
        return batch.Answer();
    }

    /// <summary>Deletes tasks that have ended, by age, type and state.</summary>
    [Function("AdminCleanupTasks")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> CleanUpAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/queue/cleanup")] HttpRequest request,
        [JsonBody] CleanUpTasksRequest body, CancellationToken cancellationToken)
    {
        var statuses = (body.Status ?? []).Select(name => s_statuses.TryGetValue(name, out var status)
            ? status
            : throw new CloudreveException(ErrorCode.BadParameter, "The status of the tasks is unknown."));
        await administration.CleanUpAsync(body.NotAfter, body.Types ?? [], [.. statuses], cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Returns the load of the queues.</summary>
    [Function("AdminGetQueueMetrics")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<IReadOnlyList<QueueMetrics>>]
    public static async Task<IResult> GetMetricsAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/queue/metrics")] HttpRequest request,
        [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        try
        {
            return ApiResponse.Ok<IReadOnlyList<QueueMetrics>>(await QueueMetrics.ReadAsync(client, cancellationToken));
        }
        catch (RpcException e)
        {
            throw new CloudreveException(ErrorCode.IoError, "The task hub did not answer. Try again later.", e);
        }
    }

    private async Task<IReadOnlyList<AdminTaskResponse>> DescribeAsync(IReadOnlyList<WorkflowTask> tasks, ApiCall call, CancellationToken cancellationToken)
    {
        var owners = await AdminUserName.FindAsync(users, tasks.Select(task => task.OwnerId), cancellationToken);
        var node = await catalog.GetNodeAsync(Node.MasterId, cancellationToken);
        return [.. tasks.Select(task => AdminTaskResponse.Of(task, owners.GetValueOrDefault(task.OwnerId), node, call.Site.HashIds))];
    }
}
