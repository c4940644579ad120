using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files;

/// <summary>
/// Streams a blob to whoever holds its signed address (contract, section 15), with ranges and not faster than the address
/// says.
/// </summary>
internal static class FileContentEndpoint
{
    /// <summary>The path that a signature covers: decoded, as the router sees it.</summary>
    public static string PathOf(string id, string speed, string name) => $"{ApiEdge.Prefix}/file/content/{id}/{speed}/{name}";

    /// <summary>The path as it stands in an address.</summary>
    public static string EscapedPathOf(string id, string speed, string name) => PathOf(id, speed, FileUri.Escape(name));

    public static IResult Preflight(HttpContext http)
    {
        SetSharedHeaders(http.Response);
        http.Response.Headers.AccessControlMaxAge = "86400";
        return Results.NoContent();
    }

    public static async Task GetAsync(
        HttpContext http, ApiCall call, string id, string speed, string name, EntityStore entities, EntityReader reader, UrlSigner signer,
        TimeProvider clock, CancellationToken cancellationToken)
    {
        SetSharedHeaders(http.Response);
        try
        {
            signer.Verify(call.Site, PathOf(id, speed, name), http.Request.Query[UrlSigner.Parameter]);
            if (!call.Site.HashIds.TryDecode(id, HashIdKind.Entity, out var entityId)
                || !long.TryParse(speed, NumberStyles.None, CultureInfo.InvariantCulture, out var bytesPerSecond))
                throw NoContent();
            var entity = entityId == 0 ? null : await entities.FindAsync(entityId, cancellationToken) ?? throw NoContent();
            var etag = Describe(http, id, name);
            if (IsKnown(http.Request, etag))
            {
                http.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            var size = entity?.Size ?? 0;
            var answer = new ContentAnswer(
                http, size, (range, token) => reader.OpenAsync(entity!, range.Offset, range.Length, token), new PacedCopy(bytesPerSecond, clock));
            await answer.SendAsync(ByteRanges.Parse(http.Request, etag, size), cancellationToken);
        }
        catch (CloudreveException e) when (!http.Response.HasStarted)
        {
            await FailAsync(http, e.Code == ErrorCode.BlobNotFound ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden, e.Code, e.Message);
        }
        catch (StorageNotFoundException) when (!http.Response.HasStarted)
        {
            await FailAsync(http, StatusCodes.Status404NotFound, ErrorCode.BlobNotFound, "The content does not exist any more.");
        }
        catch (StorageException) when (!http.Response.HasStarted)
        {
            await FailAsync(http, StatusCodes.Status503ServiceUnavailable, ErrorCode.IoError, "The content cannot be read now.");
        }
    }

    /// <summary>Sets the headers that describe the content.</summary>
    /// <returns>Its ETag.</returns>
    private static string Describe(HttpContext http, string id, string name)
    {
        var headers = http.Response.Headers;
        var etag = $"\"{id}\"";
        headers.ETag = etag;
        headers.AcceptRanges = "bytes";
        headers.ContentDisposition = ContentNames.Disposition(name, string.Equals(http.Request.Query["download"], "true", StringComparison.Ordinal));
        headers.ContentType = ContentNames.MimeType(name);
        headers.CacheControl = "public, max-age=3600";
        return etag;
    }

    /// <summary>Whether the client has the content already.</summary>
    private static bool IsKnown(HttpRequest request, string etag) =>
        request.Headers.IfNoneMatch.Any(v => v is not null && (v.Trim() == "*" || v.Contains(etag, StringComparison.Ordinal)));

    private static CloudreveException NoContent() => new(ErrorCode.BlobNotFound, "The content does not exist.");

    private static void SetSharedHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, HEAD, OPTIONS";
        headers.AccessControlAllowHeaders = "Range, If-Range, Authorization, Content-Type";
        headers.AccessControlExposeHeaders = "Content-Range, Accept-Ranges, Content-Length, Content-Disposition, ETag";
        headers.ContentSecurityPolicy = "sandbox";
        headers.XContentTypeOptions = "nosniff";
    }

    /// <summary>Answers with a status and an envelope.</summary>
    public static Task FailAsync(HttpContext http, int status, ErrorCode code, string message)
    {
        // Nothing that described the content may stay: a cache would keep the error under the content's ETag.
        http.Response.Clear();
        SetSharedHeaders(http.Response);
        http.Response.StatusCode = status;
        http.Response.Headers.CacheControl = "private, no-cache";
        var failure = new ApiFailure { Code = (int)code, Msg = message, CorrelationId = http.TraceIdentifier };
        return http.Response.WriteAsJsonAsync(failure, EdgeJsonContext.Default.ApiFailure, cancellationToken: http.RequestAborted);
    }
}
