using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Deletion and the trash (contract, section 12).</summary>
internal sealed class DeletionFunctions(DriveAccess access, DriveOperations operations, FolderListing listing)
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
        using var work = new DriveWork(user.Id, RequestActor.Of(request.HttpContext, call.Caller));
        var batch = new Batch(request.HttpContext);
        await batch.RunAsync(body.Uris, RunAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        Task RunAsync(string text, CancellationToken token)
        {
            var uri = FileUri.Parse(text);
            if (body.SkipSoftDelete == true)
                return DeleteOneAsync(call, work, uri, body.Unlink == true, token);
            return uri.FileSystem == FileSystemKind.Trash ? RefuseTrashedAsync(call, uri, token) : TrashOneAsync(call, work, uri, token);
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
        using var work = new DriveWork(caller.RequireUser().Id, RequestActor.Of(request.HttpContext, caller));
        var batch = new Batch(request.HttpContext);
        await batch.RunAsync(body.Uris, RestoreOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task RestoreOneAsync(string text, CancellationToken token)
        {
            var place = await access.OpenAsync(caller, FileUri.Parse(text), NavigatorCapability.Restore, site.HashIds, token);
            await operations.RestoreAsync(work, place.Path.Name, null, token);
        }
    }

    /// <summary>Deletes for good whatever is in the caller's trash.</summary>
    [Function("EmptyTrash")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> EmptyTrashAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/trash")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        using var work = new DriveWork(call.Caller.RequireUser().Id, RequestActor.Of(request.HttpContext, call.Caller));
        string? token = null;
        do
        {
            // Each page begins behind the one before: an entry that cannot be deleted is not met again.
            var page = await listing.ListAsync(FileTree.TrashId(work.OwnerId), FileOrder.CreatedAt, descending: false, TrashPageSize, token, cancellationToken);
            await operations.EmptyTrashAsync(work, page.Entries.Select(e => e.Name), cancellationToken);
            token = page.NextToken;
        }
        while (token is not null);
        return ApiResponse.Ok();
    }

    private async Task DeleteOneAsync(ApiCall call, DriveWork work, FileUri uri, bool unlink, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, uri, NavigatorCapability.DeleteFile, call.Site.HashIds, cancellationToken);
        if (uri.FileSystem == FileSystemKind.Trash)
            await operations.DeleteTrashedAsync(work, place.Path.Name, unlink, cancellationToken);
        else
            await operations.DeleteAsync(work, place.Path, unlink, cancellationToken);
    }

    private async Task RefuseTrashedAsync(ApiCall call, FileUri uri, CancellationToken cancellationToken)
    {
        await access.OpenAsync(call.Caller, uri, NavigatorCapability.DeleteFile, call.Site.HashIds, cancellationToken);
        throw new CloudreveException(ErrorCode.FileInTrash, "The file is already in the trash.");
    }

    private async Task TrashOneAsync(ApiCall call, DriveWork work, FileUri uri, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, uri, NavigatorCapability.SoftDelete, site.HashIds, cancellationToken);
        var origin = FileUri.My(place.Path) with { Id = site.HashIds.Encode(place.OwnerId, HashIdKind.User) };
        var retention = TimeSpan.FromSeconds(caller.Group.Settings.TrashRetention);
        await operations.TrashAsync(work, place.Path, origin.ToString(), retention, cancellationToken);
    }
}
