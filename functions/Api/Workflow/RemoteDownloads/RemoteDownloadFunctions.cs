using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.RemoteDownloads;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow.RemoteDownloads;

/// <summary>Tasks that download files from other sites (contract, section 19.3).</summary>
internal sealed class RemoteDownloadFunctions(RemoteDownload downloads, RemoteDownloadWorkflow workflow, WorkflowStarts starts, TimeProvider clock)
{
    /// <summary>
    /// Accepts downloads, a task for each different link or one for a torrent file, and starts them. A link that cannot be downloaded fails alone.
    /// </summary>
    [Function("CreateRemoteDownload")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<IReadOnlyList<TaskResponse>>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/download")] HttpRequest request,
        [JsonBody] RemoteDownloadRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        if (body.Src is { Count: > 0 } == !string.IsNullOrEmpty(body.SrcFile))
            throw new CloudreveException(ErrorCode.BadParameter, "Specify either links or a torrent file.");
        if (!string.IsNullOrEmpty(body.SrcFile))
        {
            var place = await downloads.CheckAsync(call.Caller, 1, body.Dst, cancellationToken);
            var task = await downloads.AcceptTorrentAsync(call.Caller, body.SrcFile, place, cancellationToken);
            return ApiResponse.Ok(await starts.RunAllAsync(workflow, client, [task], call, cancellationToken));
        }
        // The front end sends the lines of a text field.
        var links = body.Src!.Select(link => link.Trim()).Where(link => link.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        var folder = await downloads.CheckAsync(call.Caller, links.Count, body.Dst, cancellationToken);
        var batch = new Batch(request.HttpContext, clock);
        var accepted = new ConcurrentDictionary<string, WorkflowTask>(StringComparer.Ordinal);
        await batch.RunAsync(
            links, async (link, token) => accepted[link] = await downloads.AcceptAsync(call.Caller, link, folder, token), cancellationToken);
        return batch.Answer(await starts.RunAllAsync(
            workflow, client, [.. links.Where(accepted.ContainsKey).Select(link => accepted[link])], call, cancellationToken));
    }

    /// <summary>Selects which files of a download are wanted.</summary>
    [Function("SelectFilesToDownload")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> SelectAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/workflow/download/{taskId}")] HttpRequest request,
        [JsonBody] SelectFilesRequest body, string taskId, ApiCall call, CancellationToken cancellationToken)
    {
        // Of a file that is named twice, the last choice counts.
        var wanted = new Dictionary<int, bool>(body.Files.Count);
        foreach (var file in body.Files)
            wanted[file.Index] = file.Download;
        await downloads.SelectAsync(call.Caller.UserId, IdOf(call, taskId), wanted, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Cancels a download.</summary>
    [Function("CancelRemoteDownload")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/workflow/download/{taskId}")] HttpRequest request,
        string taskId, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        var task = await downloads.CancelAsync(call.Caller.UserId, IdOf(call, taskId), cancellationToken);
        await starts.WakeAsync(workflow, client, task, cancellationToken);
        return ApiResponse.Ok();
    }

    private static long IdOf(ApiCall call, string taskId) => call.Site.HashIds.TryDecode(taskId, HashIdKind.Task, out var id)
        ? id
        : throw new CloudreveException(ErrorCode.BadParameter, "The task's id is invalid.");
}
