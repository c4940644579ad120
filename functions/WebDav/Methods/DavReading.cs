using System.Globalization;
using Cloudreve.Core.Accounts.WebDav;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Files.Content;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Reads files: the bytes themselves, or an address of Blob storage that has them (contract, section 20).</summary>
/// <param name="places">Finds the file.</param>
/// <param name="entities">Finds its content.</param>
/// <param name="reader">Opens it.</param>
/// <param name="catalog">The storage policies.</param>
/// <param name="addresses">Makes addresses.</param>
/// <param name="shares">Counts downloads through links.</param>
/// <param name="streams">Bounds what readers take.</param>
/// <param name="clock">Paces them.</param>
internal sealed class DavReading(
    DavPlaces places, EntityStore entities, EntityReader reader, SiteCatalog catalog, DownloadAddresses addresses, ShareStore shares, ContentStreams streams,
    TimeProvider clock)
{
    // Programs that treat a redirect as a failure, or send their password on to its target.
    private static readonly string[] s_staying =
        ["Microsoft-WebDAV-MiniRedir", "Microsoft Office", "WebDAVFS", "WebDAVLib", "neon/", "litmus/", "cadaver/", "davfs2/", "gvfs/", "KeePass"];

    /// <summary>
    /// Answers GET and HEAD. Path + 1 transactions, one more for GET; nothing passes through the app where the client may fetch it from Blob storage.
    /// </summary>
    public async Task SendAsync(DavCall call, CancellationToken cancellationToken)
    {
        var found = await places.FindAsync(call, call.Path, NavigatorCapability.DownloadFile, cancellationToken);
        var file = found.Existing;
        if (file.Type == FileType.Folder)
            throw new DavException(StatusCodes.Status405MethodNotAllowed, "A folder has no content.");
        var etag = DavETags.Of(call.Site, file)!;
        if (call.Request.Headers.IfMatch.Count > 0 || call.Request.Headers.IfUnmodifiedSince.Count > 0)
            DavConditions.RequireForReading(call, file);
        Describe(call, file, etag);
        if (DavConditions.IsKnown(call.Request, etag, file.UpdatedAt))
        {
            call.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        if (HttpMethods.IsHead(call.Request.Method))
        {
            call.Response.ContentLength = file.Size;
            return;
        }
        if (found.Place.ShareId != 0 && found.Place.OwnerId != call.Caller.UserId)
            await shares.CountDownloadAsync(found.Place.ShareId, cancellationToken);
        var entity = file.PrimaryEntityId == 0
            ? null
            : await entities.FindAsync(file.PrimaryEntityId, cancellationToken)
                ?? throw new DavException(StatusCodes.Status404NotFound, "The content no longer exists.");
        if (entity is not null && !await IsStreamedAsync(call, entity, cancellationToken))
            await RedirectAsync(call, file, entity, cancellationToken);
        else
            await StreamAsync(call, file, entity, etag, cancellationToken);
    }

    private static void Describe(DavCall call, FileRecord file, string etag)
    {
        var headers = call.Response.Headers;
        headers.ETag = etag;
        headers.AcceptRanges = "bytes";
        headers.CacheControl = "private, no-cache";
        headers.LastModified = file.UpdatedAt.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        headers.ContentType = ContentNames.MimeType(call.Site, file.Name);
        // A user's page must not run as one of the site.
        headers.ContentDisposition = ContentNames.Disposition(call.Site, file.Name, download: false);
    }

    private async Task<bool> IsStreamedAsync(DavCall call, EntityRecord entity, CancellationToken cancellationToken)
    {
        if (entity.Encryption is not null || (call.Account.Has(DavAccountOption.Proxy) && call.Caller.Group.Allows(GroupPermission.WebDavProxy)))
            return true;
        var agent = call.Request.Headers.UserAgent.ToString();
        if (Array.Exists(s_staying, name => agent.Contains(name, StringComparison.OrdinalIgnoreCase)))
            return true;
        var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
        return policy.Settings.Relay || policy.Settings.InternalProxy;
    }

    private async Task RedirectAsync(DavCall call, FileRecord file, EntityRecord entity, CancellationToken cancellationToken)
    {
        var siteBase = SiteUrls.Base(call.Http, call.Site, primary: false);
        var target = new DownloadTarget(entity, file.Name, IsDownload: false, call.Caller.Group.SpeedLimit);
        var address = await addresses.MakeAsync(call.Site, siteBase, target, isFresh: false, cancellationToken);
        call.Response.Headers.CacheControl = "no-store";
        call.Response.Headers.Remove("Content-Disposition");
        call.Response.Redirect(address.Url);
    }

    private async Task StreamAsync(DavCall call, FileRecord file, EntityRecord? entity, string etag, CancellationToken cancellationToken)
    {
        var ranges = ByteRanges.Parse(call.Request, etag, file.Size);
        using var place = (ranges?.Sum(range => range.Length) ?? file.Size) > ContentStreams.Small
            ? streams.Take(call.Site, call.Caller.UserId, call.Caller.Client)
            : null;
        var answer = new ContentAnswer(
            call.Http, file.Size, (range, token) => reader.OpenAsync(entity!, range.Offset, range.Length, token), streams.Watch(call.Http, call.Site),
            new PacedCopy(call.Caller.Group.SpeedLimit, clock));
        await answer.SendAsync(ranges, cancellationToken);
    }
}
