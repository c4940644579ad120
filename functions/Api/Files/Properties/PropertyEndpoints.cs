using Cloudreve.Core.Activities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.FileSystem.Properties;
using Cloudreve.Core.Identity;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>Metadata, views and pins (contract, sections 9.1 and 10).</summary>
internal static class PropertyEndpoints
{
    private const int MaxPatches = 256;
    private const int MaxPins = 200;

    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapPropertyEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPatch("/file/metadata", PatchMetadataAsync).WithName("PatchMetadata").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPatch("/file/view", SetViewAsync).WithName("UpdateViewSetting").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapPut("/file/pin", PinAsync).WithName("PinToSidebar").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapDelete("/file/pin", UnpinAsync).WithName("DeletePin").Auth(AuthClass.Required, OAuthScopes.FilesWrite);
        api.MapGet("/file/activities", ActivityEndpoint.ListAsync).WithName("ListFileActivities").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
    }

    private static async Task<ApiResponse<string>> PatchMetadataAsync(
        HttpContext http, ApiCall call, PatchMetadataRequest request, DriveAccess access, DriveOperations operations, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        ChangeEndpoints.CheckUris(request.Uris, site);
        if (request.Patches.Count is 0 or > MaxPatches || request.Patches.Any(patch => patch is null))
            throw new CloudreveException(ErrorCode.BadParameter, "There are no patches, or too many.");
        var patches = request.Patches.Select(ReadPatch).ToList();
        var rules = MetadataRules.Of(site);
        // What is wrong for all is told for all.
        rules.Apply(new Dictionary<string, string>(), patches);
        using var work = new DriveWork(caller.RequireUser().Id, ChangeEndpoints.ActorOf(http, caller));
        var batch = new Batch(http);
        await batch.RunAsync(request.Uris, PatchOneAsync, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return batch.Answer();

        async Task PatchOneAsync(string uri, CancellationToken token)
        {
            var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.UpdateMetadata, site.HashIds, token);
            await operations.UpdateAsync(work, place.DrivePath, ActivityCategory.UpdateMetadata, Patch, token);
        }

        FileRecord Patch(FileRecord file) => file with
        {
            Metadata = rules.Apply(file.Metadata, patches),
            UpdatedAt = MetadataRules.BumpsTime(patches) ? clock.GetUtcNow() : file.UpdatedAt,
        };
    }

    private static MetadataPatch ReadPatch(MetadataPatchRequest patch)
    {
        if (patch.Private == true)
            throw new CloudreveException(ErrorCode.BadParameter, "Clients cannot set private metadata.");
        if (patch.Remove == true && patch.Key is (MetadataKeys.SharedRedirect or MetadataKeys.SharedOwner))
            throw new CloudreveException(ErrorCode.BadParameter, "The marks of a shortcut cannot be removed.");
        return new MetadataPatch(patch.Key, patch.Remove == true ? null : patch.Value ?? "");
    }

    private static async Task<ApiResponse<string>> SetViewAsync(
        HttpContext http, ApiCall call, SetViewRequest request, DriveAccess access, DriveOperations operations, FileTree tree, UserStore users, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.ListChildren, site.HashIds, cancellationToken);
        var view = request.View is null ? null : ExplorerViews.Print(request.View);
        if (place.OwnerId != caller.UserId)
            throw new CloudreveException(ErrorCode.OwnerOnly, "Only the owner may do this.");
        if (ExplorerViews.KeyOf(place) is { } key)
        {
            await users.UpdateAsync(caller.UserId, user => user with { Settings = SetListView(user.Settings, key, view) }, cancellationToken);
            return ApiResponse.Ok();
        }
        if (place.DrivePath.IsRoot)
        {
            await tree.SetRootViewAsync(place.OwnerId, view, cancellationToken);
            return ApiResponse.Ok();
        }
        using var work = new DriveWork(place.OwnerId, ChangeEndpoints.ActorOf(http, caller));
        await operations.UpdateAsync(work, place.DrivePath, ActivityCategory.UpdateView, SetView, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return ApiResponse.Ok();

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

    private static async Task<ApiResponse<string>> PinAsync(
        ApiCall call, PinRequest request, UserStore users, CancellationToken cancellationToken)
    {
        var uri = FileUri.Parse(request.Uri).ToString();
        await users.UpdateAsync(call.Caller.UserId, Pin, cancellationToken);
        return ApiResponse.Ok();

        User Pin(User user)
        {
            if (user.Settings.Pinned.FirstOrDefault(p => p.Uri == uri) is { } pin)
            {
                return pin.Name == request.Name
                    ? user
                    : throw new CloudreveException(ErrorCode.ObjectExists, "The place is pinned under another name.");
            }
            if (user.Settings.Pinned.Count >= MaxPins)
                throw new CloudreveException(ErrorCode.BadParameter, "Too many places are pinned.");
            return user with { Settings = user.Settings with { Pinned = [.. user.Settings.Pinned, new PinnedPlace(uri, request.Name)] } };
        }
    }

    private static async Task<ApiResponse<string>> UnpinAsync(
        ApiCall call, [Microsoft.AspNetCore.Mvc.FromBody] PinRequest request, UserStore users, CancellationToken cancellationToken)
    {
        var uri = FileUri.Parse(request.Uri).ToString();
        await users.UpdateAsync(
            call.Caller.UserId,
            user => user.Settings.Pinned.Any(p => p.Uri == uri)
                ? user with { Settings = user.Settings with { Pinned = [.. user.Settings.Pinned.Where(p => p.Uri != uri)] } }
                : user,
            cancellationToken);
        return ApiResponse.Ok();
    }
}
