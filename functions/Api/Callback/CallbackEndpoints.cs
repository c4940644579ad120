using System.Text;
using System.Xml;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Uploads;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Uploads;

namespace Cloudreve.Functions.Api.Callback;

/// <summary>
/// The end of direct uploads. To a client the site plays the storage provider here: it takes the completion of a multipart upload,
/// and then the client's own callback (contract, section 14).
/// </summary>
internal static class CallbackEndpoints
{
    // What clients post is a list of parts, which nobody reads: the service itself knows what was staged.
    private const long MaxIgnoredBody = 16 * 1024 * 1024;

    /// <summary>Maps the endpoints of the API.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapCallbackEndpoints(this IEndpointRouteBuilder api) =>
        api.MapGet("/callback/s3/{session_id}/{key}", ConfirmAsync).WithName("CompleteS3Upload").Auth(AuthClass.None);

    /// <summary>Maps the addresses outside the API's prefix.</summary>
    /// <param name="app">The app.</param>
    public static void MapUploadAddresses(this IEndpointRouteBuilder app)
    {
        app.MapPost(UploadAddresses.CompleteRoute, CompleteAsync).WithName("CompleteDirectUpload").Auth(AuthClass.None)
            .WithMetadata(new BodyLimit(MaxIgnoredBody));
        app.MapPut(UploadAddresses.EmptyRoute, PutEmptyAsync).WithName("PutEmptyChunk").Auth(AuthClass.None).WithMetadata(new BodyLimit(0));
    }

    private static async Task<IResult> ConfirmAsync(
        HttpContext http, ApiCall call, string session_id, string key, UploadSessions sessions, UploadCompletion completion, CancellationToken cancellationToken)
    {
        try
        {
            var session = await FindAsync(call, session_id, key, sessions, cancellationToken);
            if (session.IsRelay)
                throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The upload is of another type.");
            await completion.CompleteAsync(session, cancellationToken);
            return Results.Json(ApiResponse.Ok(), EdgeJsonContext.Default.ApiResponseString);
        }
        catch (CloudreveException e)
        {
            var status = e.Code == ErrorCode.UploadSessionExpired ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest;
            var failure = new ApiFailure { Code = (int)e.Code, Msg = e.Message, CorrelationId = http.TraceIdentifier };
            return Results.Json(failure, EdgeJsonContext.Default.ApiFailure, statusCode: status);
        }
    }

    private static Task<UploadSession> FindAsync(ApiCall call, string sessionId, string key, UploadSessions sessions, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(sessionId, "D", out var id))
            throw new CloudreveException(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
        UploadAddresses.Verify(call.Site, id, key);
        return sessions.GetAsync(id, cancellationToken);
    }

    private static Task<IResult> CompleteAsync(
        HttpContext http, ApiCall call, string sessionId, UploadSessions sessions, UploadCompletion completion, UrlSigner signer, CancellationToken cancellationToken) =>
        AnswerAsync(http, async () =>
        {
            var id = Verify(http, call, signer, UploadAddresses.CompleteRoute, sessionId);
            var session = await sessions.GetAsync(id, cancellationToken);
            var known = session with { PlaceholderETag = http.Request.Query[UploadAddresses.PlaceholderParameter].ToString() };
            await completion.CompleteAsync(known, cancellationToken);
            return Xml("CompleteMultipartUploadResult", StatusCodes.Status200OK, [("ETag", $"\"{session.Mark}\"")]);
        });

    private static Task<IResult> PutEmptyAsync(HttpContext http, ApiCall call, string sessionId, UrlSigner signer) =>
        AnswerAsync(http, () =>
        {
            Verify(http, call, signer, UploadAddresses.EmptyRoute, sessionId);
            http.Response.Headers.ETag = "\"0\"";
            return Task.FromResult(Results.Ok());
        });

    private static Guid Verify(HttpContext http, ApiCall call, UrlSigner signer, string route, string sessionId)
    {
        if (!Guid.TryParseExact(sessionId, "D", out var id))
            throw new CloudreveException(ErrorCode.BadSignature, "The address is not one of an upload.");
        signer.Verify(call.Site, UploadAddresses.PathOf(route, id), http.Request.Query[UrlSigner.Parameter]);
        return id;
    }

    /// <summary>Answers like a storage provider: errors are XML, which clients show.</summary>
    private static async Task<IResult> AnswerAsync(HttpContext http, Func<Task<IResult>> handle)
    {
        // Clients may run on other origins, and the address is secret in itself.
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "private, no-cache";
        try
        {
            return await handle();
        }
        catch (CloudreveException e)
        {
            var status = e.Code switch
            {
                ErrorCode.NoPermission or ErrorCode.BadSignature or ErrorCode.SignatureExpired => StatusCodes.Status403Forbidden,
                ErrorCode.UploadSessionExpired or ErrorCode.PathNotFound => StatusCodes.Status404NotFound,
                _ => StatusCodes.Status400BadRequest,
            };
            return Error(status, e.Code, e.Message);
        }
        catch (StorageException)
        {
            return Error(StatusCodes.Status503ServiceUnavailable, ErrorCode.IoError, "The storage is not available; try again later.");
        }
    }

    private static IResult Error(int status, ErrorCode code, string message) => Xml("Error", status, [("Code", code.ToString()), ("Message", message)]);

    private static IResult Xml(string root, int status, (string Name, string Text)[] elements)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            writer.WriteStartElement(root);
            foreach (var (name, value) in elements)
                writer.WriteElementString(name, value);
            writer.WriteEndElement();
        }
        return Results.Text(text.ToString(), "application/xml", Encoding.UTF8, status);
    }
}
