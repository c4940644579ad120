using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.Relocations;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow.Relocations;

/// <summary>Tasks that move files to another storage policy (contract, section 19.5).</summary>
internal sealed class RelocationFunctions(Relocation relocation, RelocationWorkflow workflow, WorkflowStarts starts)
{
    /// <summary>Accepts a relocation and starts it.</summary>
    [Function("RelocateFiles")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public async Task<IResult> RelocateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/relocate")] HttpRequest request,
        [JsonBody] RelocateFilesRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(body.DstPolicyId, HashIdKind.Policy, out var policyId))
            throw new CloudreveException(ErrorCode.PolicyNotFound, "The storage policy does not exist.");
        var task = await relocation.AcceptAsync(call.Caller, body.Src, (int)policyId, cancellationToken);
        return await starts.RunAsync(workflow, client, task, call, cancellationToken);
    }

    /// <summary>Accepts a relocation and starts it: the path as the API's documentation spells it.</summary>
    [Function("RelocateStoragePolicy")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public Task<IResult> RelocateAsDocumentedAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/reloacte")] HttpRequest request,
        [JsonBody] RelocateFilesRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken) =>
        RelocateAsync(request, body, client, call, cancellationToken);
}
