using Cloudreve.Core.Activities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Copying;
using Cloudreve.Core.FileSystem.Locks;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Rename, move, copy, delete, restore and locks (contract, sections 12 and 13).</summary>
internal static class ChangeEndpoints
{
    private const string ClientIdHeader = "X-Cr-Client-Id";
    private const int MaxTokens = 16_384;

    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapChangeEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPost("/file/rename", RenameAsync).WithName("RenameFile").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPost("/file/move", MoveAsync).WithName("MoveOrCopyFiles").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapDelete("/file", DeleteAsync).WithName("DeleteFile").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPost("/file/restore", RestoreAsync).WithName("RestoreFromTrashBin").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapDelete("/file/trash", EmptyTrashAsync).WithName("EmptyTrash").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapDelete("/file/lock", UnlockAsync).WithName("ForceUnlock").Auth(AuthClass.None);
    }

    /// <summary>Who does something, from the request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="caller">Who calls.</param>
    internal static Actor ActorOf(HttpContext http, Caller caller) =>
        new(caller.UserId, Guid.TryParse(http.Request.Headers[ClientIdHeader], out var client) ? client.ToString() : null);

    private static async Task<ApiResponse<FileResponse>> RenameAsync(
        HttpContext http, ApiCall call, RenameFileRequest request, DriveAccess access, DriveOperations operations, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.RenameFile, site.HashIds, cancellationToken);
        if (request.NewName.Length is 0 or > 255)
            throw new CloudreveException(ErrorCode.BadParameter, "The new name must have 1 to 255 characters.");
        var rules = caller.Group.StoragePolicyId is { } policyId ? FileRules.Of(await catalog.GetPolicyAsync(policyId, cancellationToken)) : null;
        using var work = new DriveWork(place.OwnerId, ActorOf(http, caller));
        var renamed = await operations.RenameAsync(work, place.Path, request.NewName, CheckName, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        var view = place.UriOf(place.Path.Parent.Child(renamed.Name));
        return ApiResponse.Ok(new FilePresenter(caller, site.HashIds).Present(renamed, view, place.Capabilities, withMetadata: false));

        void CheckName(FileRecord entry)
        {
            if (entry.Type == FileType.File && rules?.RefuseName(request.NewName) is { } reason)
                throw new CloudreveException(ErrorCode.IllegalName, reason);
        }
    }

    private static async Task<ApiResponse<string>> MoveAsync(
        HttpContext http, ApiCall call, MoveFilesRequest request, DriveAccess access, DriveOperations operations, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        CheckUris(request.Uris, site);
        var destination = await access.OpenAsync(caller, FileUri.Parse(request.Dst), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        var limits = new CopyLimits(caller.Group.MaxStorage, caller.Group.Settings.MaxWalkedFiles);
        using var work = new DriveWork(destination.OwnerId, ActorOf(http, caller));
        var batch = new Batch(http);
        await batch.RunAsync(request.Uris, MoveOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task MoveOneAsync(string text, CancellationToken token)
        {
            var uri = FileUri.Parse(text);
            if (uri.FileSystem == FileSystemKind.Trash && request.Copy != true)
            {
                var trashed = await access.OpenAsync(caller, uri, NavigatorCapability.Restore, site.HashIds, token);
                await operations.RestoreAsync(work, trashed.Path.Name, destination.Path, token);
                return;
            }
            var place = await access.OpenAsync(caller, uri, NavigatorCapability.RenameFile, site.HashIds, token);
            if (request.Copy == true)
                await operations.CopyAsync(work, place.Path, destination.Path, limits, cancellationToken: token);
            else
                await operations.MoveAsync(work, place.Path, destination.Path, cancellationToken: token);
        }
    }

    private static async Task<ApiResponse<string>> DeleteAsync(
        HttpContext http, ApiCall call, [Microsoft.AspNetCore.Mvc.FromBody] DeleteFilesRequest request, DriveAccess access, DriveOperations operations,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        CheckUris(request.Uris, site);
        var user = caller.RequireUser();
        if (request.Unlink == true && !caller.Group.Allows(GroupPermission.AdvanceDelete))
            throw new CloudreveException(ErrorCode.NoPermission, "Your group may not unlink files.");
        var retention = TimeSpan.FromSeconds(caller.Group.Settings.TrashRetention);
        using var work = new DriveWork(user.Id, ActorOf(http, caller));
        var batch = new Batch(http);
        await batch.RunAsync(request.Uris, DeleteOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task DeleteOneAsync(string text, CancellationToken token)
        {
            var uri = FileUri.Parse(text);
            var isSoft = request.SkipSoftDelete != true;
            var isTrash = uri.FileSystem == FileSystemKind.Trash;
            var place = await access.OpenAsync(
                caller, uri, isSoft && !isTrash ? NavigatorCapability.SoftDelete : NavigatorCapability.DeleteFile, site.HashIds, token);
            if (isTrash)
            {
                if (isSoft)
                    throw new CloudreveException(ErrorCode.FileInTrash, "The file is in the trash already.");
                await operations.DeleteTrashedAsync(work, place.Path.Name, request.Unlink == true, token);
                return;
            }
            if (!isSoft)
            {
                await operations.DeleteAsync(work, place.Path, request.Unlink == true, token);
                return;
            }
            var origin = FileUri.My(place.Path) with { Id = site.HashIds.Encode(place.OwnerId, Core.HashIds.HashIdKind.User) };
            await operations.TrashAsync(work, place.Path, origin.ToString(), retention, token);
        }
    }

    private static async Task<ApiResponse<string>> RestoreAsync(
        HttpContext http, ApiCall call, RestoreFilesRequest request, DriveAccess access, DriveOperations operations, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        CheckUris(request.Uris, site);
        using var work = new DriveWork(caller.RequireUser().Id, ActorOf(http, caller));
        var batch = new Batch(http);
        await batch.RunAsync(request.Uris, RestoreOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task RestoreOneAsync(string text, CancellationToken token)
        {
            var place = await access.OpenAsync(caller, FileUri.Parse(text), NavigatorCapability.Restore, site.HashIds, token);
            await operations.RestoreAsync(work, place.Path.Name, null, token);
        }
    }

    private static async Task<ApiResponse<string>> EmptyTrashAsync(
        HttpContext http, ApiCall call, DriveOperations operations, FolderListing listing, CancellationToken cancellationToken)
    {
        using var work = new DriveWork(call.Caller.RequireUser().Id, ActorOf(http, call.Caller));
        while (true)
        {
            var page = await listing.ListAsync(FileTree.TrashId(work.OwnerId), FileOrder.CreatedAt, descending: false, 1000, null, cancellationToken);
            if (page.Entries.Count == 0)
                return ApiResponse.Ok();
            await operations.EmptyTrashAsync(work, page.Entries.Select(e => e.Name), cancellationToken);
        }
    }

    private static async Task<ApiResponse<string>> UnlockAsync(
        [Microsoft.AspNetCore.Mvc.FromBody] UnlockRequest request, DriveLocks locks, CancellationToken cancellationToken)
    {
        if (request.Tokens.Count is 0 or > MaxTokens)
            throw new CloudreveException(ErrorCode.BadParameter, "Between 1 and 16,384 tokens can be released at once.");
        // Whoever knows a token may release it (contract, section 13); the token names its drive.
        foreach (var token in request.Tokens)
        {
            if (DriveLocks.OwnerOf(token) is not { } owner || !await locks.ReleaseAsync(owner, token, cancellationToken))
                throw new CloudreveException(ErrorCode.BadParameter, "A lock token is unknown.");
        }
        return ApiResponse.Ok();
    }

    /// <summary>Throws unless there are URIs, and not too many.</summary>
    /// <param name="uris">The URIs.</param>
    /// <param name="site">Knows how many are too many.</param>
    /// <exception cref="CloudreveException">40001, 40074.</exception>
    internal static void CheckUris(IReadOnlyList<string> uris, SiteSettings site)
    {
        if (uris.Count == 0 || uris.Any(uri => uri is null))
            throw new CloudreveException(ErrorCode.BadParameter, "No URI is given.");
        if (uris.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw new CloudreveException(ErrorCode.TooManyUris, "Too many URIs in one request.");
    }
}
