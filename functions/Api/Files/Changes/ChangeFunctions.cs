using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Copying;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Site;
using Cloudreve.Core.Unicode;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Rename, move and copy (contract, section 12).</summary>
internal sealed class ChangeFunctions(DriveAccess access, DriveOperations operations, SiteCatalog catalog)
{
    /// <summary>Renames a file or folder.</summary>
    [Function("RenameFile")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> RenameAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/rename")] HttpRequest request,
        [JsonBody] RenameFileRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.RenameFile, site.HashIds, cancellationToken);
        if (body.NewName.CountCharacters() is 0 or > 255)
            throw new CloudreveException(ErrorCode.BadParameter, "The new name must have 1 to 255 characters.");
        var rules = caller.Group.StoragePolicyId is { } policyId ? FileRules.Of(await catalog.GetPolicyAsync(policyId, cancellationToken)) : null;
        using var work = new DriveWork(place.OwnerId, RequestActor.Of(request.HttpContext, caller));
        var renamed = await operations.RenameAsync(work, place.Path, body.NewName, CheckName, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        var view = place.UriOf(place.Path.Parent.Child(renamed.Name));
        return ApiResponse.Ok(new FilePresenter(caller, site).Present(renamed, view, place.Capabilities, withMetadata: false));

        void CheckName(FileRecord entry)
        {
            if (entry.Type == FileType.File && rules?.RefuseName(body.NewName) is { } reason)
                throw new CloudreveException(ErrorCode.IllegalName, reason);
        }
    }

    /// <summary>Moves or copies files and folders into a folder; moving out of the trash restores them there.</summary>
    [Function("MoveOrCopyFiles")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> MoveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/move")] HttpRequest request,
        [JsonBody] MoveFilesRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        BatchUris.Check(body.Uris, site);
        var destination = await access.OpenAsync(caller, FileUri.Parse(body.Dst), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        using var work = new DriveWork(destination.OwnerId, RequestActor.Of(request.HttpContext, caller));
        var batch = new Batch(request.HttpContext);
        await batch.RunAsync(body.Uris, RunAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        Task RunAsync(string text, CancellationToken token)
        {
            var uri = FileUri.Parse(text);
            if (body.Copy == true)
                return CopyOneAsync(call, work, uri, destination.Path, token);
            return uri.FileSystem == FileSystemKind.Trash
                ? RestoreOneAsync(call, work, uri, destination.Path, token)
                : MoveOneAsync(call, work, uri, destination.Path, token);
        }
    }

    private async Task CopyOneAsync(ApiCall call, DriveWork work, FileUri uri, FilePath destination, CancellationToken cancellationToken)
    {
        var group = call.Caller.Group;
        var limits = new CopyLimits(group.MaxStorage, group.Settings.MaxWalkedFiles);
        var place = await access.OpenAsync(call.Caller, uri, NavigatorCapability.RenameFile, call.Site.HashIds, cancellationToken);
        await operations.CopyAsync(work, place.Path, destination, limits, cancellationToken: cancellationToken);
    }

    private async Task MoveOneAsync(ApiCall call, DriveWork work, FileUri uri, FilePath destination, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, uri, NavigatorCapability.RenameFile, call.Site.HashIds, cancellationToken);
        await operations.MoveAsync(work, place.Path, destination, cancellationToken: cancellationToken);
    }

    private async Task RestoreOneAsync(ApiCall call, DriveWork work, FileUri uri, FilePath destination, CancellationToken cancellationToken)
    {
        var trashed = await access.OpenAsync(call.Caller, uri, NavigatorCapability.Restore, call.Site.HashIds, cancellationToken);
        await operations.RestoreAsync(work, trashed.Path.Name, destination, cancellationToken);
    }
}
