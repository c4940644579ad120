using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Creates, changes and deletes share links (contract, section 17).</summary>
internal sealed class ShareFunctions(
    DriveAccess access, EntriesByPath byPath, EntriesById byId, ShareStore shares, ShareLinks links, ActivityLog log, TimeProvider clock)
{
    /// <summary>Creates a share link of a file or folder.</summary>
    [Function("CreateShareLink")]
    [Requires(AuthClass.Required, OAuthScopes.SharesWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/share")] HttpRequest request, [JsonBody] ShareRequest body, ApiCall call,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        caller.Require(GroupPermission.Share);
        var (terms, password) = (body.ReadTerms(), body.ReadPassword());
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.Share, site.HashIds, cancellationToken);
        if (place.Path.IsRoot)
            throw new CloudreveException(ErrorCode.BadParameter, "The root folder cannot be shared.");
        var file = await byPath.GetAsync(place, cancellationToken);
        if (file.IsSymbolic)
            throw new CloudreveException(ErrorCode.NoPermission, "A shortcut cannot be shared.");
        var share = await links.CreateAsync(file, password, terms, cancellationToken);
        var happened = new FileEvent(ActivityCategory.Share, RequestActor.Of(request.HttpContext, caller), file, place.DrivePath, place.DrivePath);
        await log.AppendAsync(file.OwnerId, [happened], cancellationToken);
        return ApiResponse.Ok(SharePresenter.AddressOf(site, SiteUrls.Base(request.HttpContext, site, primary: false), share, withPassword: true));
    }

    /// <summary>Changes the terms of a share link.</summary>
    [Function("EditShareLink")]
    [Requires(AuthClass.Required, OAuthScopes.SharesWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<string>]
    public async Task<IResult> EditAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/share/{id}")] HttpRequest request, string id, [JsonBody] ShareRequest body,
        ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var terms = body.ReadTerms();
        var share = await FindOwnAsync(id, call, mayBeAdministrator: false, cancellationToken);
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.Share, site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        if (file.Id != share.FileId)
            throw new CloudreveException(ErrorCode.NotFound, "The share belongs to a different file.");
        var changed = await links.ChangeAsync(share, terms, cancellationToken);
        var happened = new FileEvent(ActivityCategory.EditShare, RequestActor.Of(request.HttpContext, caller), file, place.DrivePath, place.DrivePath);
        await log.AppendAsync(file.OwnerId, [happened], cancellationToken);
        return ApiResponse.Ok(SharePresenter.AddressOf(site, SiteUrls.Base(request.HttpContext, site, primary: false), changed, withPassword: true));
    }

    /// <summary>Deletes a share link.</summary>
    [Function("DeleteShareLink")]
    [Requires(AuthClass.Required, OAuthScopes.SharesWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/share/{id}")] HttpRequest request, string id, ApiCall call,
        CancellationToken cancellationToken)
    {
        await DeleteOneAsync(id, call, request.HttpContext, cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Deletes several share links.</summary>
    [Function("BatchDeleteShares")]
    [Requires(AuthClass.Required, OAuthScopes.SharesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteManyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/share")] HttpRequest request, [JsonBody] DeleteSharesRequest body,
        ApiCall call, CancellationToken cancellationToken)
    {
        BatchUris.Check(body.Ids, call.Site);
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Ids, (id, token) => DeleteOneAsync(id, call, request.HttpContext, token), cancellationToken);
        return batch.Answer();
    }

    private async Task DeleteOneAsync(string id, ApiCall call, HttpContext http, CancellationToken cancellationToken)
    {
        var share = await FindOwnAsync(id, call, mayBeAdministrator: true, cancellationToken);
        await links.DeleteAsync(share, cancellationToken);
        if (await byId.FindAsync(share.FileId, cancellationToken) is { } file && await FindPathAsync(file, cancellationToken) is { } path)
        {
            var happened = new FileEvent(ActivityCategory.DeleteShare, RequestActor.Of(http, call.Caller), file, path, path);
            await log.AppendAsync(share.OwnerId, [happened], cancellationToken);
        }
    }

    /// <summary>The path of a file; null when it is in the trash, by itself or with a folder above it.</summary>
    private async Task<FilePath?> FindPathAsync(FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            return await byId.GetPathAsync(file, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            return null;
        }
    }

    /// <summary>A link of the caller. Callers who may not change it learn nothing about it.</summary>
    private async Task<Share> FindOwnAsync(string id, ApiCall call, bool mayBeAdministrator, CancellationToken cancellationToken) =>
        call.Site.HashIds.TryDecode(id, HashIdKind.Share, out var shareId)
        && await shares.FindAsync(shareId, cancellationToken) is { } share
        && (share.OwnerId == call.Caller.UserId || (mayBeAdministrator && call.Caller.IsAdmin && call.Caller.Holds(OAuthScopes.AdminWrite)))
            ? share
            : throw ShareInfoFunctions.Unknown();
}
