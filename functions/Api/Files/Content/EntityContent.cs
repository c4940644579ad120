using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Sends a blob, or nothing to a client that has it already.</summary>
/// <param name="id">The blob's encoded id, which is its ETag, too.</param>
/// <param name="entity">The blob; null for an empty file.</param>
/// <param name="reader">Opens it.</param>
/// <param name="streams">Bounds what readers take.</param>
/// <param name="copy">Sends bytes.</param>
internal sealed class EntityContent(
    SiteSettings site, string id, string name, EntityRecord? entity, EntityReader reader, ContentStreams streams, PacedCopy copy) : IResult
{
    private readonly string _etag = $"\"{id}\"";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        try
        {
            await SendAsync(httpContext, httpContext.RequestAborted);
        }
        catch (Exception e) when (!httpContext.Response.HasStarted && ContentFailure.Of(e) is { } failure)
        {
            await failure.ExecuteAsync(httpContext);
        }
    }

    private async Task SendAsync(HttpContext http, CancellationToken cancellationToken)
    {
        ContentHeaders.SetShared(http.Response);
        Describe(http);
        if (IsKnown(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var size = entity?.Size ?? 0;
        var ranges = ByteRanges.Parse(http.Request, _etag, size);
        // An address works for anybody, so only the reader's client address is known.
        using var place = HttpMethods.IsGet(http.Request.Method) && (ranges?.Sum(range => range.Length) ?? size) > ContentStreams.Small
            ? streams.Take(site, userId: null, ClientAddress.Of(ClientAddresses.Of(http)))
            : null;
        var answer = new ContentAnswer(
            http, size, (range, token) => reader.OpenAsync(entity!, range.Offset, range.Length, token), streams.Watch(http, site), copy);
        await answer.SendAsync(ranges, cancellationToken);
    }

    private void Describe(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ETag = _etag;
        headers.AcceptRanges = "bytes";
        headers.ContentDisposition = ContentNames.Disposition(site, name, string.Equals(http.Request.Query["download"], "true", StringComparison.Ordinal));
        headers.ContentType = ContentNames.MimeType(site, name);
        headers.CacheControl = "public, max-age=3600";
    }

    private bool IsKnown(HttpRequest request) =>
        request.Headers.IfNoneMatch.Any(v => v is not null && (v.Trim() == "*" || v.Contains(_etag, StringComparison.Ordinal)));
}
