using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Rename, move and copy (contract, section 12).</summary>
internal sealed class ChangeFunctions(DriveAccess access, DriveOperations operations, SiteCatalog catalog, TimeProvider clock)
{
    /// <summary>Renames a file or folder.</summary>
    [Function("RenameFile")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<FileResponse>]
    public async Task<IResult> RenameAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/rename")] HttpRequest request,
        [JsonBody] RenameFileRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.RenameFile, site.HashIds, cancellationToken);
        if (body.NewName.CountCharacters() is 0 or > 255)
            throw new CloudreveException(ErrorCode.BadParameter, "The new name must have 1 to 255 characters.");
        var rules = caller.Group.StoragePolicyId is { } policyId ? FileRules.Of(await catalog.GetPolicyAsync(policyId, cancellationToken)) : null;
        var work = new DriveWork(place.OwnerId, RequestActor.Of(request.HttpContext, caller));
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
        var work = new DriveWork(destination.OwnerId, RequestActor.Of(request.HttpContext, caller));
        var batch = new Batch(request.HttpContext, clock);
        var items = new ChangeBatch(batch, operations, work) { Gathers = true, TakesAlong = body.Copy != true };
        await items.RunAsync(body.Uris, OpenAsync, ChangeAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        ValueTask<DrivePlace> OpenAsync(FileUri uri, CancellationToken token)
        {
            var isRestored = body.Copy != true && uri.FileSystem == FileSystemKind.Trash;
            var capability = isRestored ? NavigatorCapability.Restore : NavigatorCapability.RenameFile;
            return access.OpenAsync(caller, uri, capability, site.HashIds, token);
        }

        Task ChangeAsync(DrivePlace place, CancellationToken token)
        {
            if (body.Copy == true)
                return operations.CopyAsync(work, place.Path, destination.Path, LimitsOf(caller.Group), cancellationToken: token);
            return place.IsTrash
                ? operations.RestoreAsync(work, place.Path.Name, destination.Path, token)
                : operations.MoveAsync(work, place.Path, destination.Path, cancellationToken: token);
        }
    }

    private static CopyLimits LimitsOf(Group group) => new(group.MaxStorage, group.Settings.MaxWalkedFiles);
}
