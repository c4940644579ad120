using System.Globalization;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>
/// The functions that viewers call: the WOPI protocol (contract, section 16). The token in the query decides, not the signed-in user.
/// </summary>
internal sealed class WopiFunctions(
    WopiFiles files, WopiLocks locks, WopiContent content, EntityStore entities, EntityReader reader, ContentStreams streams, TimeProvider clock)
{
    private const string Override = "X-WOPI-Override";
    private const string OldLock = "X-WOPI-OldLock";
    private const string MaxExpectedSize = "X-WOPI-MaxExpectedSize";

    // The maximum size of content is a setting, which is checked before anything is read.
    private const long Unlimited = long.MaxValue;

    /// <summary>Describes a file and what the viewer may do with it.</summary>
    [Function("WopiCheckFileInfo")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Answers("application/json")]
    [WopiFailures]
    public IResult CheckFileInfo(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/wopi/{id}")] HttpRequest request, string id,
        CancellationToken cancellationToken) =>
        new WopiAnswer(async http =>
        {
            var file = await files.OpenAsync(http, id, cancellationToken);
            await http.Response.WriteAsJsonAsync(Describe(http, file), WopiJsonContext.Default.WopiFileInfo, cancellationToken: cancellationToken);
        });

    /// <summary>Streams the content of a file, no faster than the group of the user who opened the viewer may download.</summary>
    [Function("WopiGetFile")]
    [Requires(AuthClass.None)]
    [NeverStored]
    [Answers("application/octet-stream")]
    [WopiFailures]
    public IResult GetFile(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/wopi/{id}/contents")] HttpRequest request, string id,
        CancellationToken cancellationToken) =>
        new WopiAnswer(http => SendAsync(http, id, cancellationToken));

    /// <summary>Writes a new version of a file.</summary>
    [Function("WopiPutFile")]
    [Requires(AuthClass.None)]
    [WopiFailures]
    [NeverStored]
    [BodyLimit(Unlimited)]
    [Consumes("application/octet-stream")]
    [Answers(StatusCodes.Status200OK)]
    public IResult PutFile(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/wopi/{id}/contents")] HttpRequest request, string id,
        CancellationToken cancellationToken) =>
        new WopiAnswer(http => ReplaceAsync(http, id, cancellationToken));

    /// <summary>Takes and releases locks, and creates files beside the open one.</summary>
    [Function("WopiModifyFile")]
    [Requires(AuthClass.None)]
    [WopiFailures]
    [NeverStored]
    [BodyLimit(Unlimited)]
    [Consumes("application/octet-stream")]
    [Answers("application/json")]
    public IResult ModifyFile(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/wopi/{id}")] HttpRequest request, string id,
        CancellationToken cancellationToken) =>
        new WopiAnswer(http => ModifyAsync(http, id, cancellationToken));

    private static WopiFileInfo Describe(HttpContext http, WopiFile file)
    {
        var (site, path) = (file.Site, file.Place.Path);
        var home = SiteUrls.Base(http, site, primary: false);
        var folder = file.Place.UriOf(path.Parent);
        return new WopiFileInfo
        {
            BaseFileName = file.File.Name,
            Version = file.Version,
            Size = file.Size,
            BreadcrumbBrandName = site.Get(SiteSetting.SiteName),
            BreadcrumbBrandUrl = home,
            BreadcrumbFolderName = path.Parent.Name,
            BreadcrumbFolderUrl = $"{home}/home?path={Uri.EscapeDataString(folder.ToString())}",
            FileSharingPostMessage = file.CanWrite,
            FileVersionPostMessage = file.CanWrite,
            LastModifiedTime = file.File.UpdatedAt.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture),
            IsAnonymousUser = file.Caller.IsAnonymous,
            UserFriendlyName = file.Caller.User?.Nick ?? "Guest",
            UserId = site.HashIds.Encode(file.Caller.UserId, HashIdKind.User),
            OwnerId = site.HashIds.Encode(file.File.OwnerId, HashIdKind.User),
            UserCanWrite = file.CanWrite,
            EnableShare = file.CanWrite,
        };
    }

    private async Task SendAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var file = await files.OpenAsync(http, id, cancellationToken);
        if (long.TryParse(http.Request.Headers[MaxExpectedSize], NumberStyles.None, CultureInfo.InvariantCulture, out var max) && file.Size > max)
            throw new WopiException(StatusCodes.Status412PreconditionFailed, "The file is larger than the viewer expects.");
        var response = http.Response;
        response.Headers[WopiAnswer.VersionHeader] = file.Version;
        response.ContentType = "application/octet-stream";
        if (file.ShownId == 0)
        {
            response.ContentLength = 0;
            return;
        }
        var entity = await entities.FindAsync(file.ShownId, cancellationToken)
            ?? throw new WopiException(StatusCodes.Status404NotFound, "The content no longer exists.");
        // The viewer's server reads for many, so its address says nothing.
        using var place = streams.Take(file.Site, file.Caller.IsAnonymous ? null : file.Caller.UserId, address: null);
        var blob = await reader.OpenAsync(entity, cancellationToken: cancellationToken);
        await using var shown = blob.Content;
        response.ContentLength = blob.Length;
        await new PacedCopy(file.Caller.Group.SpeedLimit, clock).CopyAsync(shown, streams.Watch(http, file.Site), cancellationToken);
    }

    private async Task ReplaceAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var headers = http.Request.Headers;
        var file = await files.OpenAsync(http, id, cancellationToken);
        if (headers[Override].ToString() is not ("" or "PUT"))
            throw new WopiException(StatusCodes.Status501NotImplemented, "The operation is not supported.");
        file.RequireWrite();
        var held = await locks.RequireAsync(file, headers[WopiAnswer.LockHeader], cancellationToken);
        // Without a lock only new files may be filled.
        if (held is null && file.Size != 0)
            throw WopiLocks.Mismatch(null);
        var written = await content.ReplaceAsync(http.Request, file, held, cancellationToken);
        http.Response.Headers[WopiAnswer.VersionHeader] = file.Site.HashIds.Encode(written.PrimaryEntityId, HashIdKind.Entity);
    }

    private async Task ModifyAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var headers = http.Request.Headers;
        var file = await files.OpenAsync(http, id, cancellationToken);
        string? name = headers[WopiAnswer.LockHeader];
        switch (headers[Override].ToString())
        {
            case "LOCK":
                file.RequireWrite();
                await locks.LockAsync(file, name, headers[OldLock], cancellationToken);
                break;
            case "REFRESH_LOCK":
                file.RequireWrite();
                await locks.RefreshAsync(file, name, cancellationToken);
                break;
            case "UNLOCK":
                file.RequireWrite();
                await locks.UnlockAsync(file, name, cancellationToken);
                break;
            case "PUT_RELATIVE":
                file.RequireWrite();
                var created = await content.CreateBesideAsync(http, file, cancellationToken);
                await http.Response.WriteAsJsonAsync(created, WopiJsonContext.Default.WopiNewFile, cancellationToken: cancellationToken);
                return;
            default:
                throw new WopiException(StatusCodes.Status501NotImplemented, "The operation is not supported.");
        }
        http.Response.Headers[WopiAnswer.VersionHeader] = file.Version;
    }
}
