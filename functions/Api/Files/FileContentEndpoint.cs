using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.Api.Files;

/// <summary>
/// Streams a blob to whoever holds its signed address (contract, section 15), with ranges (RFC 9110, section 14). Several
/// ranges at once are answered with the whole content, as the RFC allows.
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
        HttpContext http, ApiCall call, string id, string speed, string name, EntityStore entities, SiteCatalog catalog,
        PolicyContainers containers, UrlSigner signer, CancellationToken cancellationToken)
    {
        SetSharedHeaders(http.Response);
        try
        {
            signer.Verify(call.Site, PathOf(id, speed, name), http.Request.Query[UrlSigner.Parameter]);
            if (!call.Site.HashIds.TryDecode(id, HashIdKind.Entity, out var entityId))
                throw new CloudreveException(ErrorCode.BlobNotFound, "The content does not exist.");
            var entity = entityId == 0 ? null : await entities.FindAsync(entityId, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The content does not exist.");
            var container = entity is null ? null : containers.Get(await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken));
            await SendAsync(http, id, name, entity, container, cancellationToken);
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

    private static async Task SendAsync(
        HttpContext http, string id, string name, EntityRecord? entity, BlobContainer? container, CancellationToken cancellationToken)
    {
        var response = http.Response;
        var headers = response.Headers;
        var etag = $"\"{id}\"";
        headers.ETag = etag;
        headers.AcceptRanges = "bytes";
        headers.ContentDisposition = ContentNames.Disposition(name, string.Equals(http.Request.Query["download"], "true", StringComparison.Ordinal));
        headers.ContentType = ContentNames.MimeType(name);
        headers.CacheControl = "public, max-age=3600";
        var size = entity?.Size ?? 0;
        if (http.Request.Headers.IfNoneMatch.Any(v => v is not null && v.Contains(etag, StringComparison.Ordinal)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var range = ParseRange(http.Request, etag, size);
        if (range is { Length: 0 })
        {
            headers.ContentRange = $"bytes */{size}";
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            return;
        }
        var (offset, length) = range ?? (0, size);
        if (range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + length - 1}/{size}");
        }
        if (HttpMethods.IsHead(http.Request.Method) || length == 0 || container is null)
        {
            response.ContentLength = length;
            return;
        }
        var blob = await container.OpenReadAsync(entity!.Source, offset, length, null, cancellationToken);
        await using var content = blob.Content;
        response.ContentLength = blob.Length;
        await content.CopyToAsync(response.Body, cancellationToken);
    }

    /// <summary>The one range that is asked for; null for the whole content; length 0 for one that cannot be satisfied.</summary>
    private static (long Offset, long Length)? ParseRange(HttpRequest request, string etag, long size)
    {
        if (!RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header) || header.Unit != "bytes" || header.Ranges.Count != 1)
            return null;
        if (request.Headers.IfRange is { Count: > 0 } condition && condition.ToString() != etag)
            return null;
        var range = header.Ranges.First();
        var from = range.From ?? Math.Max(0, size - range.To!.Value);
        var to = range.From is null ? size - 1 : Math.Min(range.To ?? (size - 1), size - 1);
        return from >= size || to < from ? (0, 0) : (from, to - from + 1);
    }

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

    private static Task FailAsync(HttpContext http, int status, ErrorCode code, string message)
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
