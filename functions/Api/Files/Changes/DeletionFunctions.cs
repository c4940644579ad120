using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Deletion and the trash (contract, section 12).</summary>
internal sealed class DeletionFunctions(DriveAccess access, DriveOperations operations, FolderListing listing, TimeProvider clock)
{
    private const int TrashPageSize = 1000;

    /// <summary>Moves files and folders to the trash, or deletes them for good.</summary>
    [Function("DeleteFile")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file")] HttpRequest request,
        [JsonBody] DeleteFilesRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        BatchUris.Check(body.Uris, call.Site);
        var user = call.Caller.RequireUser();
        if (body.Unlink == true && !call.Caller.Group.Allows(GroupPermission.AdvanceDelete))
            throw new CloudreveException(ErrorCode.NoPermission, "Your group may not unlink files.");
        var work = new DriveWork(user.Id, RequestActor.Of(request.HttpContext, call.Caller));
        var batch = new Batch(request.HttpContext, clock);
        var items = new ChangeBatch(batch, operations, work) { TakesAlong = true };
        await items.RunAsync(body.Uris, OpenAsync, DeleteOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async ValueTask<DrivePlace> OpenAsync(FileUri uri, CancellationToken token)
        {
            var isSoft = body.SkipSoftDelete != true && uri.FileSystem != FileSystemKind.Trash;
            var capability = isSoft ? NavigatorCapability.SoftDelete : NavigatorCapability.DeleteFile;
            var place = await access.OpenAsync(call.Caller, uri, capability, call.Site.HashIds, token);
            return isSoft || body.SkipSoftDelete == true ? place : throw new CloudreveException(ErrorCode.FileInTrash, "The file is already in the trash.");
        }

        Task DeleteOneAsync(DrivePlace place, CancellationToken token)
        {
            if (body.SkipSoftDelete != true)
                return TrashOneAsync(call, work, place, token);
            return place.IsTrash
                ? operations.DeleteTrashedAsync(work, place.Path.Name, body.Unlink == true, token)
                : operations.DeleteAsync(work, place.Path, body.Unlink == true, token);
        }
    }

    /// <summary>Restores files and folders to where they were deleted.</summary>
    [Function("RestoreFromTrashBin")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> RestoreAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/restore")] HttpRequest request,
        [JsonBody] RestoreFilesRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        BatchUris.Check(body.Uris, site);
        var work = new DriveWork(caller.RequireUser().Id, RequestActor.Of(request.HttpContext, caller));
        var batch = new Batch(request.HttpContext, clock);
        await new ChangeBatch(batch, operations, work).RunAsync(body.Uris, OpenAsync, RestoreOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        ValueTask<DrivePlace> OpenAsync(FileUri uri, CancellationToken token) =>
            access.OpenAsync(caller, uri, NavigatorCapability.Restore, site.HashIds, token);

        Task RestoreOneAsync(DrivePlace place, CancellationToken token) => operations.RestoreAsync(work, place.Path.Name, null, token);
    }

    /// <summary>Deletes everything in the caller's trash for good.</summary>
    [Function("EmptyTrash")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> EmptyTrashAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/trash")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var work = new DriveWork(call.Caller.RequireUser().Id, RequestActor.Of(request.HttpContext, call.Caller));
        string? token = null;
        do
        {
            // Each page begins after the previous one: an entry that cannot be deleted is not encountered again.
            var page = await listing.ListAsync(DriveRoots.TrashId(work.OwnerId), FileOrder.CreatedAt, descending: false, TrashPageSize, token, cancellationToken);
            await operations.EmptyTrashAsync(work, page.Entries.Select(e => e.Name), cancellationToken);
            token = page.NextToken;
        }
        while (token is not null);
        return ApiResponse.Ok();
    }

    private async Task TrashOneAsync(ApiCall call, DriveWork work, DrivePlace place, CancellationToken cancellationToken)
    {
        var origin = FileUri.My(place.Path) with { Id = call.Site.HashIds.Encode(place.OwnerId, HashIdKind.User) };
        var retention = TimeSpan.FromSeconds(call.Caller.Group.Settings.TrashRetention);
        await operations.TrashAsync(work, place.Path, origin.ToString(), retention, cancellationToken);
    }
}
