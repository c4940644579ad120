using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>
/// The end of direct uploads. To a client the site plays the storage provider here: it accepts the completion of a multipart upload,
/// and then the client's own callback (contract, section 14).
/// </summary>
internal sealed class UploadCompletionFunctions(UploadSessions sessions, UploadCompletion completion, UrlSigner signer)
{
    // Clients post a list of parts, which is not read: the service itself knows the staged blocks.
    private const long MaxIgnoredBody = 16 * 1024 * 1024;

    /// <summary>Receives the client's callback after it has completed a direct upload.</summary>
    [Function("CompleteS3Upload")]
    [Requires(AuthClass.None)]
    public async Task<IResult> ConfirmAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/callback/s3/{sessionId}/{key}")] HttpRequest request,
        string sessionId, string key, ApiCall call, CancellationToken cancellationToken)
    {
        try
        {
            var session = await FindAsync(call, sessionId, key, cancellationToken);
            if (session.IsRelay)
                throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The upload session has a different type.");
            await completion.CompleteAsync(session, cancellationToken);
            return ApiResponse.Ok();
        }
        catch (CloudreveException e)
        {
            var status = e.Code == ErrorCode.UploadSessionExpired ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest;
            var failure = new ApiFailure { Code = (int)e.Code, Msg = e.Message, CorrelationId = request.HttpContext.TraceIdentifier };
            return Results.Json(failure, ApiJson.Options, statusCode: status);
        }
    }

    /// <summary>Completes a direct upload.</summary>
    [Function("CompleteDirectUpload")]
    [Requires(AuthClass.None)]
    [BodyLimit(MaxIgnoredBody)]
    [Consumes("application/xml")]
    [Answers("application/xml")]
    [ProviderFailures]
    public Task<IResult> CompleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "uploads/{sessionId}/complete")] HttpRequest request, string sessionId, ApiCall call,
        CancellationToken cancellationToken) =>
        ProviderAnswer.GuardAsync(request.HttpContext, async () =>
        {
            var id = Parse(sessionId);
            Verify(request, call, UploadAddresses.CompletePath(id));
            var session = await sessions.GetAsync(id, cancellationToken);
            var known = session with { PlaceholderETag = request.Query[UploadAddresses.PlaceholderParameter].ToString() };
            await completion.CompleteAsync(known, cancellationToken);
            return ProviderAnswer.Completed(session.Mark);
        });

    /// <summary>Receives the only chunk of an empty file, which has no content to stage.</summary>
    [Function("PutEmptyChunk")]
    [Requires(AuthClass.None)]
    [BodyLimit(BodyLimitAttribute.None)]
    [Answers(StatusCodes.Status200OK)]
    [ProviderFailures]
    public Task<IResult> PutEmptyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "uploads/{sessionId}/empty")] HttpRequest request, string sessionId, ApiCall call) =>
        ProviderAnswer.GuardAsync(request.HttpContext, () =>
        {
            Verify(request, call, UploadAddresses.EmptyPath(Parse(sessionId)));
            request.HttpContext.Response.Headers.ETag = "\"0\"";
            return Task.FromResult(Results.Ok());
        });

    private Task<UploadSession> FindAsync(ApiCall call, string sessionId, string key, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(sessionId, "D", out var id))
            throw new CloudreveException(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
        UploadAddresses.Verify(call.Site, id, key);
        return sessions.GetAsync(id, cancellationToken);
    }

    private static Guid Parse(string sessionId) => Guid.TryParseExact(sessionId, "D", out var id)
        ? id
        : throw new CloudreveException(ErrorCode.BadSignature, "The upload address is invalid.");

    private void Verify(HttpRequest request, ApiCall call, string path) => signer.Verify(call.Site, path, request.Query[UrlSigner.Parameter]);
}
