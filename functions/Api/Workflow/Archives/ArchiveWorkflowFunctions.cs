using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Creation;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Orchestrations.ArchiveCreations;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Api.Workflow.Archives;

/// <summary>Tasks that create and extract archives (contract, sections 19.1 and 19.2).</summary>
internal sealed class ArchiveWorkflowFunctions(
    ArchiveCreation creation, ArchiveCreationWorkflow creationWorkflow, ArchiveExtraction extraction, ArchiveExtractionWorkflow extractionWorkflow, WorkflowStarts starts)
{
    /// <summary>Accepts the creation of an archive and starts it.</summary>
    [Function("CreateArchive")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/archive")] HttpRequest request,
        [JsonBody] CreateArchiveRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        var task = await creation.AcceptAsync(call.Caller, body.Src, body.Dst, body.Format, cancellationToken);
        return await starts.RunAsync(creationWorkflow, client, task, call, cancellationToken);
    }

    /// <summary>Accepts the extraction of an archive and starts it.</summary>
    [Function("ExtractArchive")]
    [Requires(AuthClass.Required, OAuthScopes.WorkflowWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<TaskResponse>]
    public async Task<IResult> ExtractAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/workflow/extract")] HttpRequest request,
        [JsonBody] ExtractArchiveRequest body, [DurableClient] DurableTaskClient client, ApiCall call, CancellationToken cancellationToken)
    {
        if (body.Src is not [var source])
            throw new CloudreveException(ErrorCode.BadParameter, "Choose one archive.");
        var wanted = new ExtractionRequest(source, body.Dst) { Encoding = body.Encoding ?? "", Mask = body.FileMask ?? [], Password = body.Password ?? "" };
        var task = await extraction.AcceptAsync(call.Caller, wanted, cancellationToken);
        return await starts.RunAsync(extractionWorkflow, client, task, call, cancellationToken);
    }
}
