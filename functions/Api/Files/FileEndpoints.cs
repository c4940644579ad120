using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.FileSystem.Properties;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Api.Files.Thumbnails;
using Cloudreve.Functions.Api.Files.Viewers;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files;

/// <summary>The file group of the API (contract, sections 8 to 15).</summary>
internal static class FileEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapFileEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/file", ListEndpoint.ListAsync).WithName("ListFiles").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapGet("/file/info", InfoAsync).WithName("GetFileInfo").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapPost("/file/create", CreateAsync).WithName("CreateFile").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPost("/file/url", FileUrlEndpoint.CreateAsync).WithName("CreateDownloadUrl").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapGet("/file/thumb", ThumbnailEndpoint.GetAsync).WithName("GetThumbnailUrl").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapPut("/file/viewerSession", ViewerSessionEndpoint.CreateAsync).WithName("CreateViewerSession").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapWopiEndpoints();
        api.MapGet("/file/archive/{sessionID:guid}/archive.zip", ArchiveDownloadEndpoint.GetAsync).WithName("DownloadArchive").Auth(AuthClass.None);
        api.MapGet("/file/content/{id}/{speed}/{name}", FileContentEndpoint.GetAsync).WithName("GetEntityContent").Auth(AuthClass.None);
        api.MapMethods("/file/content/{id}/{speed}/{name}", [HttpMethods.Head], FileContentEndpoint.GetAsync).WithName("HeadEntityContent").Auth(AuthClass.None);
        api.MapMethods("/file/content/{**path}", [HttpMethods.Options], FileContentEndpoint.Preflight).WithName("OptionsEntityContent").Auth(AuthClass.None);
    }

    private static async Task<ApiResponse<FileResponse>> InfoAsync(
        ApiCall call, FileTree tree, EntityStore entities, FolderSummaries summaries, UserStore users, SiteCatalog catalog,
        string? uri, string? id, bool? extended, bool? folder_summary, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var (file, place) = string.IsNullOrEmpty(uri)
            ? await FindByIdAsync(caller, id, tree, site, cancellationToken)
            : await FindByUriAsync(caller, uri, tree, site, cancellationToken);
        var answer = new FilePresenter(caller, site.HashIds).Present(file, place.View, place.Capabilities, withMetadata: true);
        if (extended == true)
            answer = answer with { ExtendedInfo = await DescribeAsync(file, entities, users, catalog, site, cancellationToken) };
        if (folder_summary == true && file.Type == FileType.Folder)
            answer = answer with { FolderSummary = await SummarizeAsync(call, file, summaries, cancellationToken) };
        return ApiResponse.Ok(answer);
    }

    private static async Task<FolderSummaryResponse> SummarizeAsync(
        ApiCall call, FileRecord folder, FolderSummaries summaries, CancellationToken cancellationToken)
    {
        DriveAccess.RequireOwner(call.Caller, folder);
        var summary = await summaries.GetAsync(
            folder.Id, call.Caller.Group.Settings.MaxWalkedFiles, call.Site.Get(SiteSetting.FolderSummaryAge), cancellationToken);
        return new FolderSummaryResponse(summary.Size, summary.Files, summary.Folders, summary.IsComplete, summary.CalculatedAt);
    }

    private static async Task<(FileRecord File, DrivePlace Place)> FindByUriAsync(
        Caller caller, string uri, FileTree tree, SiteSettings site, CancellationToken cancellationToken)
    {
        var place = DriveAccess.Open(caller, FileUri.Parse(uri), NavigatorCapability.Info, site.HashIds);
        if (place.Path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "The root folder has no details.");
        return (await tree.GetAsync(place, cancellationToken), place);
    }

    private static async Task<(FileRecord File, DrivePlace Place)> FindByIdAsync(
        Caller caller, string? id, FileTree tree, SiteSettings site, CancellationToken cancellationToken)
    {
        caller.RequireUser();
        if (!site.HashIds.TryDecode(id, HashIdKind.File, out var fileId))
            throw new CloudreveException(ErrorCode.BadParameter, "Neither a URI nor a valid id is given.");
        var file = await tree.FindByIdAsync(fileId, cancellationToken)
            ?? throw new CloudreveException(ErrorCode.FileNotFound, "The file does not exist.");
        DriveAccess.RequireOwner(caller, file);
        var path = await tree.GetPathAsync(file, cancellationToken);
        var view = file.OwnerId == caller.UserId
            ? FileUri.My(path)
            : FileUri.My(path) with { Id = site.HashIds.Encode(file.OwnerId, HashIdKind.User) };
        return (file, new DrivePlace(file.OwnerId, path, view, NavigatorCapabilities.My));
    }

    private static async Task<ExtendedInfoResponse> DescribeAsync(
        FileRecord file, EntityStore entities, UserStore users, SiteCatalog catalog, SiteSettings site, CancellationToken cancellationToken)
    {
        var entity = file.PrimaryEntityId == 0 ? null : await entities.FindAsync(file.PrimaryEntityId, cancellationToken);
        if (entity is null)
            return new ExtendedInfoResponse(null, 0, []);
        var policy = await catalog.FindPolicyAsync((int)entity.PolicyId, cancellationToken);
        var shown = policy is null ? null : StoragePolicyResponse.Of(policy, site);
        var creator = await users.FindRecentAsync(entity.CreatedBy, cancellationToken);
        var group = creator is null ? null : await catalog.FindGroupAsync(creator.GroupId, cancellationToken);
        var version = new EntityResponse(
            site.HashIds.Encode(entity.Id, HashIdKind.Entity), entity.Size, (int)entity.Type, entity.CreatedAt, shown,
            creator is null || group is null ? null : UserResponse.Redacted(creator, group, site, showEmail: true));
        return new ExtendedInfoResponse(shown, entity.Size, [version]);
    }

    private static async Task<ApiResponse<FileResponse>> CreateAsync(
        HttpContext http, ApiCall call, CreateFileRequest request, DriveOperations operations, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = DriveAccess.Open(caller, FileUri.Parse(request.Uri), NavigatorCapability.CreateFile, site.HashIds);
        var type = request.Type switch
        {
            "file" => FileType.File,
            "folder" => FileType.Folder,
            _ => throw new CloudreveException(ErrorCode.BadParameter, "The type is neither file nor folder."),
        };
        var metadata = request.Metadata ?? new Dictionary<string, string>();
        MetadataRules.Of(site).CheckNew(metadata);
        if (type == FileType.File && caller.Group.StoragePolicyId is { } policyId
            && FileRules.Of(await catalog.GetPolicyAsync(policyId, cancellationToken)).RefuseName(place.Path.Name) is { } reason)
            throw new CloudreveException(ErrorCode.IllegalName, reason);
        using var work = new DriveWork(place.OwnerId, ChangeEndpoints.ActorOf(http, caller));
        var file = await operations.CreateAsync(work, place.Path, new NewEntry(type) { Metadata = metadata }, request.ErrOnConflict, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return ApiResponse.Ok(new FilePresenter(caller, site.HashIds).Present(file, place.View, place.Capabilities, withMetadata: false));
    }
}
