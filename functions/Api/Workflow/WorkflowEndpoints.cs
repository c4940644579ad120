using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>The workflow group of the API (contract, sections 18 and 19).</summary>
internal static class WorkflowEndpoints
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(1);

    private static readonly string[] GeneralTypes = ["create_archive", "extract_archive", "relocate", ImportService.TaskType];
    private static readonly string[] DownloadTypes = ["remote_download"];
    private static readonly WorkflowTaskStatus[] Running = [WorkflowTaskStatus.Suspending, WorkflowTaskStatus.Processing, WorkflowTaskStatus.Queued];
    private static readonly WorkflowTaskStatus[] Ended = [WorkflowTaskStatus.Canceled, WorkflowTaskStatus.Error, WorkflowTaskStatus.Completed];

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapWorkflowEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/workflow", ListAsync).WithName("ListTasks").Auth(AuthClass.Required, OAuthScopes.WorkflowRead);
        api.MapPost("/workflow/import", ImportAsync).WithName("ImportExternalFiles").Auth(AuthClass.Admin, OAuthScopes.WorkflowWrite);
        api.MapGet("/workflow/progress/{id}", ProgressAsync).WithName("GetTaskProgress").Auth(AuthClass.Required, OAuthScopes.WorkflowRead);
    }

    private static async Task<ApiResponse<TaskResponse>> ImportAsync(
        ApiCall call, ImportFilesRequest request, ImportService imports, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(request.UserId, HashIdKind.User, out var userId))
            throw new CloudreveException(ErrorCode.BadParameter, "The user's id is invalid.");
        var task = await imports.AcceptAsync(
            new ImportRequest(request.Src, request.Dst, userId, request.PolicyId, request.Recursive, request.ExtractMediaMeta), request.UserId, cancellationToken);
        return ApiResponse.Ok((await PresenterAsync(call.Site, catalog, cancellationToken)).Present(task));
    }

    private static async Task<ApiResponse<TaskListResponse>> ListAsync(
        ApiCall call, int page_size, string category, TaskStore tasks, ImportService imports, SiteCatalog catalog,
        TimeProvider clock, string? next_page_token, CancellationToken cancellationToken)
    {
        if (page_size is < 10 or > 100)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be between 10 and 100.");
        var (types, statuses) = category switch
        {
            "general" => (GeneralTypes, []),
            "downloading" => (DownloadTypes, Running),
            "downloaded" => (DownloadTypes, Ended),
            _ => throw new CloudreveException(ErrorCode.BadParameter, "The category is not one of the options."),
        };
        var page = await tasks.ListAsync(call.Caller.UserId, types, statuses, page_size, next_page_token, cancellationToken);
        foreach (var late in page.Tasks.Where(t => t.Status == WorkflowTaskStatus.Queued && clock.GetUtcNow() - t.UpdatedAt > StartPatience))
            await RestartAsync(late, tasks, imports, cancellationToken);
        var presenter = await PresenterAsync(call.Site, catalog, cancellationToken);
        return ApiResponse.Ok(new TaskListResponse(
            [.. page.Tasks.Select(presenter.Present)],
            new PaginationResponse(0, page_size, IsCursor: true) { NextToken = page.NextToken }));
    }

    private static async Task<ApiResponse<IReadOnlyDictionary<string, ProgressResponse>>> ProgressAsync(
        ApiCall call, string id, TaskStore tasks, CancellationToken cancellationToken)
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

    /// <summary>
    /// The process that accepted the task died before it sent the start message: whoever looks at the task sends it again.
    /// </summary>
    private static async Task RestartAsync(WorkflowTask task, TaskStore tasks, ImportService imports, CancellationToken cancellationToken)
    {
        await imports.SendStartAsync(task, cancellationToken);
        await tasks.UpdateAsync(task.OwnerId, task.Id, static t => t, cancellationToken);
    }

    private static async Task<TaskPresenter> PresenterAsync(SiteSettings site, SiteCatalog catalog, CancellationToken cancellationToken) =>
        new(site.HashIds, await catalog.GetNodeAsync(Node.MasterId, cancellationToken));
}
