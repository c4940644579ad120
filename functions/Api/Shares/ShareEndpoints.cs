using Cloudreve.Core.Activities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Shares;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Makes, changes, shows and deletes share links (contract, section 17).</summary>
internal static class ShareEndpoints
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(36_500);

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapShareEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPut("/share", CreateAsync).WithName("CreateShareLink").Auth(AuthClass.Required, OAuthScopes.SharesWrite);
        api.MapPost("/share/{id}", EditAsync).WithName("EditShareLink").Auth(AuthClass.Required, OAuthScopes.SharesWrite);
        api.MapDelete("/share/{id}", DeleteAsync).WithName("DeleteShareLink").Auth(AuthClass.Required, OAuthScopes.SharesWrite);
        api.MapDelete("/share", DeleteManyAsync).WithName("BatchDeleteShares").Auth(AuthClass.Required, OAuthScopes.SharesWrite);
        api.MapGet("/share/info/{id}", GetAsync).WithName("GetShareLinkInfo").Auth(AuthClass.Optional, OAuthScopes.SharesRead);
    }

    private static async Task<ApiResponse<string>> CreateAsync(
        ShareRequest request, ApiCall call, HttpContext http, DriveAccess access, FileTree tree, ShareLinks links, ActivityLog log,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        caller.Require(GroupPermission.Share);
        var (terms, password) = (ReadTerms(request), ReadPassword(request));
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.Share, site.HashIds, cancellationToken);
        if (place.Path.IsRoot)
            throw new CloudreveException(ErrorCode.BadParameter, "A whole drive cannot be shared.");
        var file = await tree.GetAsync(place, cancellationToken);
        if (file.IsSymbolic)
            throw new CloudreveException(ErrorCode.NoPermission, "A shortcut cannot be shared.");
        var share = await links.CreateAsync(file, password, terms, cancellationToken);
        await log.AppendAsync(
            file.OwnerId,
            [new FileEvent(ActivityCategory.Share, ChangeEndpoints.ActorOf(http, caller), file, place.DrivePath, place.DrivePath)],
            cancellationToken);
        return ApiResponse.Ok(SharePresenter.AddressOf(site, SiteUrls.Base(http, site, primary: false), share, withPassword: true));
    }

    private static async Task<ApiResponse<string>> EditAsync(
        string id, ShareRequest request, ApiCall call, HttpContext http, ShareStore shares, DriveAccess access, FileTree tree, ShareLinks links,
        ActivityLog log, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var terms = ReadTerms(request);
        var share = await FindOwnAsync(id, call, shares, mayBeAdministrator: false, cancellationToken);
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.Share, site.HashIds, cancellationToken);
        var file = await tree.GetAsync(place, cancellationToken);
        if (file.Id != share.FileId)
            throw new CloudreveException(ErrorCode.NotFound, "The link is one of another file.");
        var changed = await links.ChangeAsync(share, terms, cancellationToken);
        await log.AppendAsync(
            file.OwnerId,
            [new FileEvent(ActivityCategory.EditShare, ChangeEndpoints.ActorOf(http, caller), file, place.DrivePath, place.DrivePath)],
            cancellationToken);
        return ApiResponse.Ok(SharePresenter.AddressOf(site, SiteUrls.Base(http, site, primary: false), changed, withPassword: true));
    }

    private static async Task<ApiResponse<string>> DeleteAsync(
        string id, ApiCall call, HttpContext http, ShareStore shares, FileTree tree, ShareLinks links, ActivityLog log, CancellationToken cancellationToken)
    {
        await DeleteOneAsync(id, call, http, shares, tree, links, log, cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<ApiResponse<string>> DeleteManyAsync(
        [Microsoft.AspNetCore.Mvc.FromBody] DeleteSharesRequest request, ApiCall call, HttpContext http, ShareStore shares, FileTree tree, ShareLinks links,
        ActivityLog log, CancellationToken cancellationToken)
    {
        ChangeEndpoints.CheckUris(request.Ids, call.Site);
        var batch = new Batch(http);
        await batch.RunAsync(request.Ids, (id, token) => DeleteOneAsync(id, call, http, shares, tree, links, log, token), cancellationToken);
        return batch.Answer();
    }

    private static async Task<ApiResponse<ShareResponse>> GetAsync(
        string id, ApiCall call, HttpContext http, SharedPlaces places, ShareVisits visits, SharePresenter presenter, string? password, bool? count_views,
        bool? owner_extended, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(id, HashIdKind.Share, out var shareId))
            throw Unknown();
        var link = await places.DescribeAsync(call.Caller, shareId, password ?? "", cancellationToken);
        if (count_views == true && link.IsUnlocked)
            visits.Count(link.Share);
        var siteBase = SiteUrls.Base(http, call.Site, primary: false);
        var response = await presenter.PresentAsync(call, siteBase, link.Share, link.File, link.IsUnlocked, cancellationToken);
        if (owner_extended != true || call.Caller.UserId != link.Share.OwnerId)
            return ApiResponse.Ok(response);
        var owner = call.Site.HashIds.Encode(link.Share.OwnerId, HashIdKind.User);
        return ApiResponse.Ok(response with { SourceUri = (FileUri.Parse($"cloudreve://{owner}@my") with { Path = link.Path }).ToString() });
    }

    private static async Task DeleteOneAsync(
        string id, ApiCall call, HttpContext http, ShareStore shares, FileTree tree, ShareLinks links, ActivityLog log, CancellationToken cancellationToken)
    {
        var share = await FindOwnAsync(id, call, shares, mayBeAdministrator: true, cancellationToken);
        await links.DeleteAsync(share, cancellationToken);
        if (await tree.FindByIdAsync(share.FileId, cancellationToken) is { } file && await FindPathAsync(tree, file, cancellationToken) is { } path)
        {
            await log.AppendAsync(
                share.OwnerId, [new FileEvent(ActivityCategory.DeleteShare, ChangeEndpoints.ActorOf(http, call.Caller), file, path, path)], cancellationToken);
        }
    }

    /// <summary>Where a file is; null when it is in the trash, by itself or with a folder above it.</summary>
    private static async Task<FilePath?> FindPathAsync(FileTree tree, FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            return await tree.GetPathAsync(file, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            return null;
        }
    }

    /// <summary>A link of the caller. Whoever may not change it learns nothing about it.</summary>
    private static async Task<Share> FindOwnAsync(
        string id, ApiCall call, ShareStore shares, bool mayBeAdministrator, CancellationToken cancellationToken) =>
        call.Site.HashIds.TryDecode(id, HashIdKind.Share, out var shareId)
        && await shares.FindAsync(shareId, cancellationToken) is { } share
        && (share.OwnerId == call.Caller.UserId || (mayBeAdministrator && call.Caller.IsAdmin && call.Caller.Holds(OAuthScopes.AdminWrite)))
            ? share
            : throw Unknown();

    private static ShareTerms ReadTerms(ShareRequest request)
    {
        if (request.Expire is < 0 || request.Expire > LongestLife.TotalSeconds || request.Downloads is < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "A link cannot end before it begins, nor live for more than a hundred years.");
        return new ShareTerms(
            request.Expire is null or 0 ? null : TimeSpan.FromSeconds(request.Expire.Value),
            request.Downloads is null or 0 ? null : request.Downloads,
            request.ShareView == true,
            request.ShowReadme == true);
    }

    private static string ReadPassword(ShareRequest request)
    {
        if (request.IsPrivate != true)
            return "";
        if (string.IsNullOrEmpty(request.Password))
            return ShareLinks.DrawPassword();
        return request.Password.Length <= ShareLinks.MaxPassword && request.Password.All(char.IsAsciiLetterOrDigit)
            ? request.Password
            : throw new CloudreveException(ErrorCode.BadParameter, "A password has at most 32 letters and digits.");
    }

    private static CloudreveException Unknown() => new(ErrorCode.NotFound, "The share does not exist or has ended.");
}
