using System.Collections.Concurrent;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Downloads;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Creates and deletes direct links (contract, section 15).</summary>
internal sealed class DirectLinkFunctions(
    DriveAccess access, EntriesByPath byPath, EntriesById byId, EntityStore entities, DirectLinkStore links, ActivityLog log, TimeProvider clock)
{
    /// <summary>Creates direct links of files, or finds existing ones.</summary>
    [Function("CreateDirectLinks")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<IReadOnlyList<DirectLinkResponse>>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/file/source")] HttpRequest request,
        [JsonBody] DirectLinksRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        BatchUris.Check(body.Uris, site);
        if (caller.Group.Settings.SourceBatch == 0)
            throw new CloudreveException(ErrorCode.GroupNotAllowed, "Your group may not create direct links.");
        if (body.Uris.Count > caller.Group.Settings.SourceBatch)
            throw new CloudreveException(ErrorCode.TooManyDirectLinks, "Too many direct links in one request.");
        var lookup = new PathLookup(byPath);
        var siteBase = SiteUrls.Base(request.HttpContext, site, primary: false);
        var actor = RequestActor.Of(request.HttpContext, caller);
        var made = new ConcurrentDictionary<string, string>();
        var events = new ConcurrentBag<FileEvent>();
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(
            body.Uris,
            async (uri, token) =>
            {
                var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, site.HashIds, token);
                var file = await lookup.GetAsync(place, token);
                made[uri] = await LinkAsync(call, siteBase, file, token);
                events.Add(new FileEvent(ActivityCategory.GetDirectLink, actor, file, place.DrivePath, place.DrivePath));
            },
            cancellationToken);
        foreach (var owner in events.GroupBy(e => e.File.OwnerId))
            await log.AppendAsync(owner.Key, [.. owner], cancellationToken);
        return batch.Answer<IReadOnlyList<DirectLinkResponse>>(
            [.. body.Uris.Where(made.ContainsKey).Select(uri => new DirectLinkResponse(made[uri], uri))]);
    }

    /// <summary>Deletes a direct link.</summary>
    [Function("DeleteDirectLink")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/source/{id}")] HttpRequest request, string id, ApiCall call,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var link = site.HashIds.TryDecode(id, HashIdKind.SourceLink, out var linkId)
            ? await links.FindAsync(linkId, cancellationToken)
            : throw new CloudreveException(ErrorCode.BadParameter, "The id is invalid.");
        // Users who do not own it learn nothing about it.
        if (link is null || link.OwnerId != caller.RequireUser().Id)
            throw new CloudreveException(ErrorCode.NotFound, "The direct link does not exist.");
        await links.DeleteAsync(link, cancellationToken);
        if (await LinkedFile.FindAsync(link, byId, cancellationToken) is var (file, path))
        {
            var actor = RequestActor.Of(request.HttpContext, caller);
            await log.AppendAsync(link.OwnerId, [new FileEvent(ActivityCategory.DeleteDirectLink, actor, file, path, path)], cancellationToken);
        }
        return ApiResponse.Ok();
    }

    private async Task<string> LinkAsync(ApiCall call, string siteBase, FileRecord file, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        DriveAccess.RequireOwner(caller, file);
        if (file.IsSymbolic)
            throw new CloudreveException(ErrorCode.NoPermission, "A shortcut has no content; follow its destination.");
        if (file.Type == FileType.Folder)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
        return caller.Group.Settings.RedirectedSource
            ? DirectLinkAddress.Of(site, siteBase, await links.GetOrCreateAsync(file, !caller.Group.Allows(GroupPermission.UniqueDirectLink), cancellationToken))
            : await SignForeverAsync(site, siteBase, file, caller.Group.SpeedLimit, cancellationToken);
    }

    /// <summary>An address of the content itself, for groups whose links do not redirect.</summary>
    private async Task<string> SignForeverAsync(SiteSettings site, string siteBase, FileRecord file, long speed, CancellationToken cancellationToken)
    {
        var entity = await LinkedFile.FindContentAsync(file, entities, cancellationToken);
        return DownloadAddresses.SignContent(site, siteBase, new DownloadTarget(entity, file.Name, IsDownload: false, speed), expires: null);
    }
}
