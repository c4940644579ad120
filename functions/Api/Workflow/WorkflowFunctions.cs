using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Orchestrations.Import;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>The workflow group of the API (contract, sections 18 and 19).</summary>
internal sealed class WorkflowFunctions(TaskStore tasks, ImportService imports, WorkflowStarts starts)
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 100;

    // What is under way comes in one page (contract, section 18): clients do not ask for another.
    private const int WholePage = 999;

    private static readonly string[] s_generalTypes =
        [ArchiveCreation.TaskType, ArchiveExtraction.TaskType, Relocation.TaskType, ImportService.TaskType, FullTextRebuild.TaskType];

    private static readonly string[] s_downloadTypes = [RemoteDownload.TaskType];
    private static readonly WorkflowTaskStatus[] s_running = [WorkflowTaskStatus.Suspending, WorkflowTaskStatus.Processing, WorkflowTaskStatus.Queued];
    private static readonly WorkflowTaskStatus[] s_ended = [WorkflowTaskStatus.Canceled, WorkflowTaskStatus.Error, WorkflowTaskStatus.Completed];

    /// <summary>Accepts an import and starts it.</summary>
    [Function("ImportExternalFiles")]
    [Requires(AuthClass.Admin, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public async Task<IResult> ImportAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/import")] HttpRequest request,
        [JsonBody] ImportFilesRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(body.UserId, HashIdKind.User, out var userId))
            throw new CloudreveException(ErrorCode.BadParameter, "The user's id is invalid.");
        var task = await imports.AcceptAsync(
            new ImportRequest(body.Src, body.Dst, userId, body.PolicyId, body.Recursive, body.ExtractMediaMeta)
            {
                IsDryRun = body.DryRun,
                IsMirror = body.Mirror,
                Interval = body.Interval,
            },
            body.UserId, cancellationToken);
        return await starts.RunAsync(() => ImportStarter.StartAsync(client, task, cancellationToken), task, call, cancellationToken);
    }

    /// <summary>Lists the caller's tasks, newest first.</summary>
    [Function("ListTasks")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowRead)]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("category", IsRequired = true)]
    [QueryParameter<string>("next_page_token")]
    [Answers<TaskListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/workflow")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var pageSize = request.RequiredInt32("page_size");
        if (pageSize is < MinPageSize or > MaxPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 10 and 100.");
        var (types, statuses, most) = request.RequiredText("category") switch
        {
            "general" => (s_generalTypes, [], pageSize),
            "downloading" => (s_downloadTypes, s_running, WholePage),
            "downloaded" => (s_downloadTypes, s_ended, pageSize),
            _ => throw new CloudreveException(ErrorCode.BadParameter, "The category is not supported."),
        };
        var page = await tasks.ListAsync(call.Caller.UserId, types, statuses, most, request.OptionalText("next_page_token"), cancellationToken);
        var presenter = await starts.PresenterAsync(call, cancellationToken);
        return ApiResponse.Ok(new TaskListResponse(
            [.. page.Tasks.Select(presenter.Present)],
            new PaginationResponse(0, pageSize, IsCursor: true) { NextToken = page.NextToken }));
    }

    /// <summary>Returns the progress of the parts of a task.</summary>
    [Function("GetTaskProgress")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowRead)]
    [Answers<IReadOnlyDictionary<string, ProgressResponse>>]
    public async Task<IResult> GetProgressAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/workflow/progress/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        if (!site.HashIds.TryDecode(id, HashIdKind.Task, out var taskId))
            throw new CloudreveException(ErrorCode.BadParameter, "The task's id is invalid.");
        var task = await tasks.FindAsync(caller.UserId, taskId, cancellationToken);
        if (task is null && caller.ActsAsAdmin)
            task = await tasks.FindAsync(taskId, cancellationToken);
        IReadOnlyDictionary<string, ProgressResponse> progress = (task?.Progress ?? new Dictionary<string, TaskProgress>())
            .ToDictionary(p => p.Key, p => new ProgressResponse(p.Value.Total, p.Value.Current, p.Value.Identifier));
        return ApiResponse.Ok(progress);
    }
}
