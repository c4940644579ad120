using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Versions of files (contract, section 12).</summary>
internal sealed class VersionFunctions(DriveAccess access, FileVersions versions)
{
    /// <summary>Makes a version the current one.</summary>
    [Function("SetFileVersion")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> SetCurrentAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/version/current")] HttpRequest request,
        [JsonBody] FileVersionRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (place, version) = await OpenAsync(call, body, cancellationToken);
        await versions.SetCurrentAsync(place.OwnerId, place.DrivePath, version, RequestActor.Of(request.HttpContext, call.Caller), cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Deletes a version that is not the current one.</summary>
    [Function("DeleteFileVersion")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/version")] HttpRequest request,
        [JsonBody] FileVersionRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (place, version) = await OpenAsync(call, body, cancellationToken);
        await versions.DeleteAsync(place.OwnerId, place.DrivePath, version, RequestActor.Of(request.HttpContext, call.Caller), cancellationToken);
        return ApiResponse.Ok();
    }

    private async Task<(DrivePlace Place, long Version)> OpenAsync(ApiCall call, FileVersionRequest body, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(body.Uri), NavigatorCapability.VersionControl, call.Site.HashIds, cancellationToken);
        return (place, VersionIds.Parse(body.Version, call.Site) ?? throw new CloudreveException(ErrorCode.BadParameter, "The version is missing."));
    }
}
