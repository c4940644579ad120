using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.FileSystem.Properties;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Archives;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.DirectLinks;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Api.Files.Events;
using Cloudreve.Functions.Api.Files.Info;
using Cloudreve.Functions.Api.Files.Thumbnails;
using Cloudreve.Functions.Api.Files.Viewers;

namespace Cloudreve.Functions.Api.Files;

/// <summary>The file group of the API (contract, sections 8 to 15).</summary>
internal static class FileEndpoints
{
    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapFileEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/file", ListEndpoint.ListAsync).WithName("ListFiles").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapGet("/file/info", FileInfoEndpoint.GetAsync).WithName("GetFileInfo").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapPost("/file/create", CreateAsync).WithName("CreateFile").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPost("/file/url", FileUrlEndpoint.CreateAsync).WithName("CreateDownloadUrl").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapGet("/file/thumb", ThumbnailEndpoint.GetAsync).WithName("GetThumbnailUrl").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapPut("/file/viewerSession", ViewerSessionEndpoint.CreateAsync).WithName("CreateViewerSession").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapGet("/file/events", FolderEventsEndpoint.StreamAsync).WithName("StreamFileEvents").Auth(AuthClass.Required, OAuthScopes.FilesRead);
        api.MapWopiEndpoints();
        api.MapDirectLinkEndpoints();
        api.MapGet("/file/archive", ArchiveListingEndpoint.GetAsync).WithName("GetArchiveFileList").Auth(AuthClass.Optional, OAuthScopes.FilesRead);
        api.MapGet("/file/archive/{sessionID:guid}/archive.zip", ArchiveDownloadEndpoint.GetAsync).WithName("DownloadArchive").Auth(AuthClass.None);
        api.MapGet("/file/content/{id}/{speed}/{name}", FileContentEndpoint.GetAsync).WithName("GetEntityContent").Auth(AuthClass.None);
        api.MapMethods("/file/content/{id}/{speed}/{name}", [HttpMethods.Head], FileContentEndpoint.GetAsync).WithName("HeadEntityContent").Auth(AuthClass.None);
        api.MapMethods("/file/content/{**path}", [HttpMethods.Options], FileContentEndpoint.Preflight).WithName("OptionsEntityContent").Auth(AuthClass.None);
    }

    private static async Task<ApiResponse<FileResponse>> CreateAsync(
        HttpContext http, ApiCall call, CreateFileRequest request, DriveAccess access, DriveOperations operations, SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
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
