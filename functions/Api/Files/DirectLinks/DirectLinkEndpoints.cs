using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Serialization;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Activities;
using Cloudreve.Core.DirectLinks;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Downloads;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Body of a request for direct links.</summary>
internal sealed record DirectLinksRequest(IReadOnlyList<string> Uris);

/// <summary>A direct link and the file that it leads to.</summary>
internal sealed record DirectLinkResponse(string Link, string FileUrl);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DirectLinksRequest))]
[JsonSerializable(typeof(ApiResponse<IReadOnlyList<DirectLinkResponse>>))]
internal sealed partial class DirectLinkJsonContext : JsonSerializerContext;

/// <summary>Makes, deletes and follows direct links (contract, section 15).</summary>
internal static class DirectLinkEndpoints
{
    private const string Prefix = "/f";

    /// <summary>Maps the management of links.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapDirectLinkEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPut("/file/source", CreateAsync).WithName("CreateDirectLinks").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapDelete("/file/source/{id}", DeleteAsync).WithName("DeleteDirectLink").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
    }

    /// <summary>Maps the links themselves, which are no part of the API.</summary>
    /// <param name="app">The app.</param>
    public static void MapDirectLinks(this IEndpointRouteBuilder app)
    {
        app.MapGet(Prefix + "/{id}/{name}", FollowAsync).WithName("FollowDirectLink").Auth(AuthClass.None);
        app.MapGet(Prefix + "/d/{id}/{name}", DownloadAsync).WithName("DownloadDirectLink").Auth(AuthClass.None);
        app.MapMethods(Prefix + "/{**path}", [HttpMethods.Options], FileContentEndpoint.Preflight).WithName("OptionsDirectLink").Auth(AuthClass.None);
    }

    /// <summary>The address of a link.</summary>
    /// <param name="site">Encodes its id.</param>
    /// <param name="siteBase">Scheme and host.</param>
    /// <param name="link">The link.</param>
    public static string AddressOf(SiteSettings site, string siteBase, DirectLink link) =>
        $"{siteBase}{Prefix}/{site.HashIds.Encode(link.Id, HashIdKind.SourceLink)}/{FileUri.Escape(link.Name)}";

    private static async Task<ApiResponse<IReadOnlyList<DirectLinkResponse>>> CreateAsync(
        HttpContext http, ApiCall call, DirectLinksRequest request, DriveAccess access, FileTree tree, EntityStore entities, DirectLinkStore links, ActivityLog log,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        ChangeEndpoints.CheckUris(request.Uris, site);
        if (caller.Group.Settings.SourceBatch == 0)
            throw new CloudreveException(ErrorCode.GroupNotAllowed, "Your group may not create direct links.");
        if (request.Uris.Count > caller.Group.Settings.SourceBatch)
            throw new CloudreveException(ErrorCode.TooManyDirectLinks, "Too many direct links in one request.");
        var lookup = new PathLookup(tree);
        var siteBase = SiteUrls.Base(http, site, primary: false);
        var made = new ConcurrentDictionary<string, string>();
        var events = new ConcurrentBag<FileEvent>();
        var batch = new Batch(http);
        await batch.RunAsync(
            request.Uris,
            async (uri, token) =>
            {
                var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, site.HashIds, token);
                var file = await lookup.GetAsync(place, token);
                DriveAccess.RequireOwner(caller, file);
                if (file.Type == FileType.Folder)
                    throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
                made[uri] = caller.Group.Settings.RedirectedSource
                    ? AddressOf(site, siteBase, await links.GetOrCreateAsync(file, !caller.Group.Allows(GroupPermission.UniqueDirectLink), token))
                    : await SignForeverAsync(site, siteBase, file, caller.Group.SpeedLimit, entities, token);
                events.Add(new FileEvent(ActivityCategory.GetDirectLink, ChangeEndpoints.ActorOf(http, caller), file, place.DrivePath, place.DrivePath));
            },
            cancellationToken);
        foreach (var owner in events.GroupBy(e => e.File.OwnerId))
            await log.AppendAsync(owner.Key, [.. owner], cancellationToken);
        return batch.Answer<IReadOnlyList<DirectLinkResponse>>(
            [.. request.Uris.Where(made.ContainsKey).Select(uri => new DirectLinkResponse(made[uri], uri))]);
    }

    /// <summary>An address of the content itself, for groups whose links do not redirect.</summary>
    private static async Task<string> SignForeverAsync(
        SiteSettings site, string siteBase, FileRecord file, long speed, EntityStore entities, CancellationToken cancellationToken)
    {
        var entity = await FindContentAsync(file, entities, cancellationToken);
        return DownloadAddresses.SignContent(site, siteBase, new DownloadTarget(entity, file.Name, IsDownload: false, speed), expires: null);
    }

    private static async Task<ApiResponse<string>> DeleteAsync(
        HttpContext http, ApiCall call, string id, DirectLinkStore links, FileTree tree, ActivityLog log, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var link = site.HashIds.TryDecode(id, HashIdKind.SourceLink, out var linkId)
            ? await links.FindAsync(linkId, cancellationToken)
            : throw new CloudreveException(ErrorCode.BadParameter, "The id is malformed.");
        // Whoever does not own it learns nothing about it.
        if (link is null || link.OwnerId != caller.RequireUser().Id)
            throw new CloudreveException(ErrorCode.NotFound, "The direct link does not exist.");
        await links.DeleteAsync(link, cancellationToken);
        if (await FindLivingAsync(link, tree, cancellationToken) is var (file, path))
            await log.AppendAsync(link.OwnerId, [new FileEvent(ActivityCategory.DeleteDirectLink, ChangeEndpoints.ActorOf(http, caller), file, path, path)], cancellationToken);
        return ApiResponse.Ok();
    }

    private static Task<IResult> FollowAsync(
        HttpContext http, ApiCall call, string id, string name, DirectLinkTarget target, CancellationToken cancellationToken) =>
        RedirectAsync(http, call, id, name, isDownload: false, target, cancellationToken);

    private static Task<IResult> DownloadAsync(
        HttpContext http, ApiCall call, string id, string name, DirectLinkTarget target, CancellationToken cancellationToken) =>
        RedirectAsync(http, call, id, name, isDownload: true, target, cancellationToken);

    private static async Task<IResult> RedirectAsync(
        HttpContext http, ApiCall call, string id, string name, bool isDownload, DirectLinkTarget target, CancellationToken cancellationToken)
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        try
        {
            var siteBase = SiteUrls.Base(http, call.Site, primary: false);
            if (await target.FindAsync(call.Site, siteBase, id, name, isDownload, cancellationToken) is not { } found)
                return Results.NotFound();
            http.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(long)found.Lifetime.TotalSeconds}");
            return Results.Redirect(found.Url);
        }
        catch (StorageException)
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>The file of a link and its path; null when it is gone or in the trash, or a folder above it is.</summary>
    internal static async Task<(FileRecord File, FilePath Path)?> FindLivingAsync(DirectLink link, FileTree tree, CancellationToken cancellationToken)
    {
        if (await tree.FindByIdAsync(link.FileId, cancellationToken) is not { Type: FileType.File } file || file.OwnerId != link.OwnerId)
            return null;
        try
        {
            return (file, await tree.GetPathAsync(file, cancellationToken));
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            return null;
        }
    }

    internal static async Task<EntityRecord?> FindContentAsync(FileRecord file, EntityStore entities, CancellationToken cancellationToken) =>
        file.PrimaryEntityId == 0
            ? null
            : await entities.FindAsync(file.PrimaryEntityId, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
}
