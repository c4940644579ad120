using System.Globalization;
using Cloudreve.Core.Encryption;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Properties;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Uploads;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Site;
using Microsoft.AspNetCore.Mvc;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Uploads (contract, section 14): content goes to Blob storage directly, or in chunks through the API.</summary>
internal static class UploadEndpoints
{
    // The latest time that RFC 3339 and storage can hold.
    private const long MaxMilliseconds = 253_402_300_799_999;

    /// <summary>Maps the endpoints of the API.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapUploadEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapPut("/file/upload", CreateAsync).WithName("CreateUploadSession").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapDelete("/file/upload", DeleteAsync).WithName("DeleteUploadSession").Auth(AuthClass.Optional, OAuthScopes.FilesWrite);
        api.MapPost("/file/upload/{sessionId}/{index}", UploadChunkAsync).WithName("UploadFileChunk").Auth(AuthClass.Optional, OAuthScopes.FilesWrite)
            .WithMetadata(new BodyLimit(ChunkPlan.MaxRelayChunk));
    }

    private static async Task<ApiResponse<UploadCredentialResponse>> CreateAsync(
        HttpContext http, ApiCall call, CreateUploadRequest request, DriveAccess access, UploadCreation creation, UploadBlobs blobs, BlobEncryption encryption,
        SiteCatalog catalog, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.UploadFile, site.HashIds, cancellationToken);
        var session = await creation.BeginAsync(caller, site, Read(request, place, site) with { ClientId = ChangeEndpoints.ActorOf(http, caller).ClientId }, cancellationToken);
        var policy = await catalog.GetPolicyAsync(session.PolicyId, cancellationToken);
        var credential = new UploadCredentialResponse(
            session.Id.ToString("D"), "", session.ChunkSize, session.ExpiresAt.ToUnixTimeSeconds(), StoragePolicyResponse.Of(policy, site),
            place.View.ToString(), UploadAddresses.SecretOf(site, session.Id))
        {
            MimeType = string.IsNullOrEmpty(request.MimeType) ? ContentNames.MimeType(place.Path.Name) : request.MimeType,
        };
        if (session.IsRelay)
            return ApiResponse.Ok(credential);
        return ApiResponse.Ok(credential with
        {
            UploadUrls = session.Size == 0
                ? [UploadAddresses.Sign(http, site, UploadAddresses.EmptyRoute, session)]
                : await blobs.SignChunksAsync(session, cancellationToken),
            EncryptMetadata = session.Encryption is null ? null : Describe(await encryption.OpenAsync(session.Encryption, cancellationToken)),
            CompleteUrl = UploadAddresses.Sign(http, site, UploadAddresses.CompleteRoute, session),
        });
    }

    private static UploadRequest Read(CreateUploadRequest request, DrivePlace place, SiteSettings site)
    {
        var metadata = request.Metadata ?? new Dictionary<string, string>();
        MetadataRules.Of(site).CheckNew(metadata);
        if (request.LastModified is < 0 or > MaxMilliseconds)
            throw new CloudreveException(ErrorCode.BadParameter, "The modification time is impossible.");
        return new UploadRequest(place.Path, request.Size)
        {
            Overwrites = request.EntityType == "version",
            IsLivePhoto = request.EntityType switch
            {
                null or "" or "version" => false,
                "live_photo" => true,
                _ => throw new CloudreveException(ErrorCode.BadParameter, "The entity type is unknown."),
            },
            Previous = VersionIds.Parse(request.Previous, site),
            ModifiedAt = request.LastModified is > 0 and { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
            Metadata = metadata,
            CanEncrypt = request.EncryptionSupported?.Contains(BlobKey.Algorithm) == true,
        };
    }

    private static EncryptMetadataResponse Describe(BlobKey key) =>
        new(BlobKey.Algorithm, Convert.ToBase64String(key.Key), Convert.ToBase64String(key.Iv));

    private static async Task<ApiResponse<string>> DeleteAsync(
        ApiCall call, [FromBody] DeleteUploadRequest request, DriveAccess access, UploadCancellation cancellation, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(request.Uri), NavigatorCapability.UploadFile, call.Site.HashIds, cancellationToken);
        if (Guid.TryParse(request.Id, out var id))
            await cancellation.CancelAsync(id, place.OwnerId, cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<ApiResponse<string>> UploadChunkAsync(
        HttpContext http, ApiCall call, string sessionId, string index, UploadRelay relay, CancellationToken cancellationToken)
    {
        var user = call.Caller.RequireUser();
        if (!Guid.TryParse(sessionId, out var id))
            throw new CloudreveException(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
        if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var chunk))
            throw new CloudreveException(ErrorCode.BadChunkIndex, "The index of the chunk is no number.");
        await relay.TakeAsync(id, user.Id, chunk, http.Request.Body, BodyLength.Of(http.Request), cancellationToken);
        return ApiResponse.Ok();
    }
}
