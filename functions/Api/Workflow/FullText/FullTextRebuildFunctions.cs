using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.FullText.Rebuild;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.FullTextRebuilds;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow.FullText;

/// <summary>Tasks that rebuild the full-text indexes (contract, section 19.6).</summary>
internal sealed class FullTextRebuildFunctions(FullTextRebuild rebuild, FullTextRebuildWorkflow workflow, WorkflowStarts starts)
{
    /// <summary>Accepts a rebuild of the full-text indexes and starts it.</summary>
    [Function("RebuildFullTextIndex")]
    [Requires(AuthClass.Admin, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public async Task<IResult> RebuildAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/rebuildFtsIndex")] HttpRequest request,
        [JsonBody] RebuildFullTextRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        var task = await rebuild.AcceptAsync(call.Caller, body.FilteredStoragePolicy ?? [], cancellationToken);
        return await starts.RunAsync(workflow, client, task, call, cancellationToken);
    }
}
