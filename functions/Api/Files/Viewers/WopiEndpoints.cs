using System.Globalization;
using Cloudreve.Core.Entities;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>What viewers call: the WOPI protocol (contract, section 16). The token in the query decides, not who signed in.</summary>
internal static class WopiEndpoints
{
    private const string Override = "X-WOPI-Override";
    private const string OldLock = "X-WOPI-OldLock";

    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapWopiEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/file/wopi/{id}", CheckFileInfoAsync).WithName("WopiCheckFileInfo").Auth(AuthClass.None);
        api.MapGet("/file/wopi/{id}/contents", GetFileAsync).WithName("WopiGetFile").Auth(AuthClass.None);
        // How large content may be is a setting, which is checked before anything is read.
        api.MapPost("/file/wopi/{id}/contents", PutFileAsync).WithName("WopiPutFile").Auth(AuthClass.None).WithMetadata(new BodyLimit(null));
        api.MapPost("/file/wopi/{id}", ModifyAsync).WithName("WopiModifyFile").Auth(AuthClass.None).WithMetadata(new BodyLimit(null));
    }

    private static Task CheckFileInfoAsync(HttpContext http, string id, WopiFiles files, CancellationToken cancellationToken) =>
        WopiAnswer.GuardAsync(http, async () =>
        {
            var file = await files.OpenAsync(http, id, cancellationToken);
            await http.Response.WriteAsJsonAsync(Describe(http, file), WopiJsonContext.Default.WopiFileInfo, cancellationToken: cancellationToken);
        });

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

    private static Task GetFileAsync(
        HttpContext http, string id, WopiFiles files, EntityStore entities, EntityReader reader, CancellationToken cancellationToken) =>
        WopiAnswer.GuardAsync(http, async () =>
        {
            var file = await files.OpenAsync(http, id, cancellationToken);
            if (long.TryParse(http.Request.Headers["X-WOPI-MaxExpectedSize"], NumberStyles.None, CultureInfo.InvariantCulture, out var max) && file.Size > max)
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
                ?? throw new WopiException(StatusCodes.Status404NotFound, "The content does not exist any more.");
            var blob = await reader.OpenAsync(entity, cancellationToken: cancellationToken);
            await using var content = blob.Content;
            response.ContentLength = blob.Length;
            await content.CopyToAsync(response.Body, cancellationToken);
        });

    private static Task PutFileAsync(
        HttpContext http, string id, WopiFiles files, WopiLocks locks, WopiContent content, CancellationToken cancellationToken) =>
        WopiAnswer.GuardAsync(http, async () =>
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
        });

    private static Task ModifyAsync(
        HttpContext http, string id, WopiFiles files, WopiLocks locks, WopiContent content, CancellationToken cancellationToken) =>
        WopiAnswer.GuardAsync(http, async () =>
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
        });
}
