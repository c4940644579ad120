using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Chunks of uploads that pass through the API (contract, section 14).</summary>
internal sealed class UploadChunkFunctions(UploadRelay relay)
{
    /// <summary>Receives one chunk; the last one completes the upload.</summary>
    [Function("UploadFileChunk")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(ChunkPlan.MaxRelayChunk)]
    [Consumes("application/octet-stream")]
    public async Task<IResult> UploadAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/upload/{sessionId}/{index}")] HttpRequest request,
        string sessionId, string index, ApiCall call, CancellationToken cancellationToken)
    {
        var user = call.Caller.RequireUser();
        if (!Guid.TryParse(sessionId, out var id))
            throw new CloudreveException(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
        if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var chunk))
            throw new CloudreveException(ErrorCode.BadChunkIndex, "The chunk index must be a number.");
        await relay.TakeAsync(id, user.Id, chunk, request.Body, BodyLength.Of(request), cancellationToken);
        return ApiResponse.Ok();
    }
}
