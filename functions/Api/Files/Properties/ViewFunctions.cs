using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>The views of folders (contract, section 10).</summary>
internal sealed class ViewFunctions(DriveAccess access, DriveOperations operations, DriveRoots roots, UserStore users)
{
    /// <summary>Stores the view of a folder, of the trash or of the shortcuts.</summary>
    [Function("UpdateViewSetting")]
    [Requires(AuthClass.Required, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> SetViewAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "patch", Route = "api/v4/file/view")] HttpRequest request,
        [JsonBody] SetViewRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.ListChildren, site.HashIds, cancellationToken);
        var view = body.View is null ? null : ExplorerViews.Print(body.View);
        if (place.OwnerId != caller.UserId)
            throw new CloudreveException(ErrorCode.OwnerOnly, "Only the owner may do this.");
        if (ExplorerViews.KeyOf(place) is { } key)
            await users.UpdateAsync(caller.UserId, user => user with { Settings = SetListView(user.Settings, key, view) }, cancellationToken);
        else if (place.DrivePath.IsRoot)
            await roots.SetViewAsync(place.OwnerId, view, cancellationToken);
        else
            await SetFolderViewAsync(RequestActor.Of(request.HttpContext, caller), place, view, cancellationToken);
        return ApiResponse.Ok();
    }

    private async Task SetFolderViewAsync(Actor actor, DrivePlace place, string? view, CancellationToken cancellationToken)
    {
        var work = new DriveWork(place.OwnerId, actor);
        await operations.UpdateAsync(work, place.DrivePath, ActivityCategory.UpdateView, SetView, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);

        FileRecord SetView(FileRecord folder) => folder.Type == FileType.Folder
            ? folder with { View = view }
            : throw new CloudreveException(ErrorCode.BadParameter, "Only folders have views.");
    }

    private static UserSettings SetListView(UserSettings settings, string list, string? view)
    {
        var views = (settings.FileSystemViews ?? new Dictionary<string, string>()).Where(v => v.Key != list).ToDictionary();
        if (view is not null)
            views[list] = view;
        return settings with { FileSystemViews = views };
    }
}
