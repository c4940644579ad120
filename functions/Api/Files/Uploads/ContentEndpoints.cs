using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Uploads;
using Cloudreve.Core.Versions;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Microsoft.AspNetCore.Mvc;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Content that is written in one request, and versions (contract, section 12).</summary>
internal static class ContentEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapContentEndpoints(this IEndpointRouteBuilder api)
    {
        // How large content may be is a setting; the endpoint checks it before it reads anything.
        api.MapPut("/file/content", WriteAsync).WithName("UpdateFileContent").Auth(AuthClass.Optional, OAuthScopes.FilesWrite)
            .WithMetadata(new BodyLimit(null));
        api.MapPost("/file/version/current", SetCurrentAsync).WithName("SetFileVersion").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapDelete("/file/version", DeleteAsync).WithName("DeleteFileVersion").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
    }

    private static async Task<ApiResponse<FileResponse>> WriteAsync(
        HttpContext http, ApiCall call, string uri, string? previous, DriveAccess access, FileContentWriter writer, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.UploadFile, site.HashIds, cancellationToken);
        var length = BodyLength.Of(http.Request) ?? throw new CloudreveException(ErrorCode.BadParameter, "The request does not announce its length.");
        if (length > site.Get(SiteSetting.MaxEditSize))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The content is larger than one request may write.");
        var request = new ContentRequest(place.Path, length)
        {
            Previous = VersionIds.Parse(previous, site),
            ClientId = ChangeEndpoints.ActorOf(http, caller).ClientId,
        };
        var file = await writer.WriteAsync(caller, site, request, http.Request.Body, cancellationToken);
        return ApiResponse.Ok(new FilePresenter(caller, site.HashIds).Present(file, place.View, place.Capabilities, withMetadata: false));
    }

    private static async Task<ApiResponse<string>> SetCurrentAsync(
        HttpContext http, ApiCall call, FileVersionRequest request, DriveAccess access, FileVersions versions, CancellationToken cancellationToken)
    {
        var (place, version) = await OpenAsync(call, request, access, cancellationToken);
        await versions.SetCurrentAsync(place.OwnerId, place.DrivePath, version, ChangeEndpoints.ActorOf(http, call.Caller), cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<ApiResponse<string>> DeleteAsync(
        HttpContext http, ApiCall call, [FromBody] FileVersionRequest request, DriveAccess access, FileVersions versions, CancellationToken cancellationToken)
    {
        var (place, version) = await OpenAsync(call, request, access, cancellationToken);
        await versions.DeleteAsync(place.OwnerId, place.DrivePath, version, ChangeEndpoints.ActorOf(http, call.Caller), cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<(DrivePlace Place, long Version)> OpenAsync(
        ApiCall call, FileVersionRequest request, DriveAccess access, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(request.Uri), NavigatorCapability.VersionControl, call.Site.HashIds, cancellationToken);
        return (place, VersionIds.Parse(request.Version, call.Site) ?? throw new CloudreveException(ErrorCode.BadParameter, "No version is given."));
    }
}
