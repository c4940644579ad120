using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Upload sessions (contract, section 14): content goes to Blob storage directly, or in chunks through the API.</summary>
internal sealed class UploadSessionFunctions(
    DriveAccess access, UploadCreation creation, UploadCancellation cancellation, UploadAnswers answers, UploadBlobs blobs, BlobEncryption encryption,
    SiteCatalog catalog)
{
    /// <summary>Begins an upload and returns the addresses for its chunks.</summary>
    [Function("CreateUploadSession")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<UploadCredentialResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/file/upload")] HttpRequest request,
        [JsonBody] CreateUploadRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.ParseNew(body.Uri), NavigatorCapability.UploadFile, site.HashIds, cancellationToken);
        var wanted = Read(body, place, site) with { ClientId = RequestActor.Of(request.HttpContext, caller).ClientId };
        var session = await creation.BeginAsync(caller, site, wanted, cancellationToken);
        try
        {
            var type = string.IsNullOrEmpty(body.MimeType) ? ContentNames.MimeType(site, place.Path.Name) : body.MimeType;
            var credential = await DescribeAsync(request.HttpContext, site, session, place, cancellationToken) with { MimeType = type };
            NoteAnswer(request.HttpContext, session);
            return ApiResponse.Ok(credential);
        }
        catch (Exception e)
        {
            // The client will not learn the upload's id.
            await creation.UndoAsync(session, e);
            throw;
        }
    }

    /// <summary>Cancels an upload.</summary>
    [Function("DeleteUploadSession")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/file/upload")] HttpRequest request,
        [JsonBody] DeleteUploadRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(body.Uri), NavigatorCapability.UploadFile, call.Site.HashIds, cancellationToken);
        if (Guid.TryParse(body.Id, out var id))
            await cancellation.CancelAsync(id, place.OwnerId, cancellationToken);
        return ApiResponse.Ok();
    }

    private static UploadRequest Read(CreateUploadRequest body, DrivePlace place, SiteSettings site)
    {
        var metadata = body.Metadata ?? new Dictionary<string, string>();
        MetadataRules.Of(site).CheckNew(metadata, mayBeShortcut: false);
        return new UploadRequest(place.Path, body.Size)
        {
            Overwrites = body.EntityType == "version",
            IsLivePhoto = body.EntityType switch
            {
                null or "" or "version" => false,
                "live_photo" => true,
                _ => throw new CloudreveException(ErrorCode.BadParameter, "Unknown entity type."),
            },
            Previous = VersionIds.Parse(body.Previous, site),
            // Clients send 0 for files with an unknown time.
            ModifiedAt = body.LastModified is { } milliseconds and not 0 ? StoredTime.OfUnixMilliseconds(milliseconds) : null,
            Metadata = metadata,
            CanEncrypt = body.EncryptionSupported?.Contains(BlobKey.Algorithm) == true,
        };
    }

    private void NoteAnswer(HttpContext http, UploadSession session) => http.Response.OnCompleted(() =>
    {
        if (!http.RequestAborted.IsCancellationRequested && http.Response is { HasStarted: true, StatusCode: StatusCodes.Status200OK })
            answers.Note(session);
        return Task.CompletedTask;
    });

    private async Task<UploadCredentialResponse> DescribeAsync(
        HttpContext http, SiteSettings site, UploadSession session, DrivePlace place, CancellationToken cancellationToken)
    {
        var policy = await catalog.GetPolicyAsync(session.PolicyId, cancellationToken);
        var credential = new UploadCredentialResponse(
            session.Id.ToString("D"), "", session.ChunkSize, session.ExpiresAt.ToUnixTimeSeconds(), StoragePolicyResponse.Of(policy, site),
            place.View.ToString(), UploadAddresses.SecretOf(site, session.Id));
        return session.IsRelay ? credential : await AddAddressesAsync(credential, http, site, session, cancellationToken);
    }

    /// <summary>Adds the data that a client needs to upload to Blob storage directly.</summary>
    private async Task<UploadCredentialResponse> AddAddressesAsync(
        UploadCredentialResponse credential, HttpContext http, SiteSettings site, UploadSession session, CancellationToken cancellationToken) =>
        credential with
        {
            UploadUrls = session.Size == 0
                ? [UploadAddresses.Sign(http, site, UploadAddresses.EmptyPath(session.Id), session)]
                : await blobs.SignChunksAsync(session, cancellationToken),
            EncryptMetadata = session.Encryption is null ? null : Describe(await encryption.OpenAsync(session.Encryption, cancellationToken)),
            CompleteUrl = UploadAddresses.Sign(http, site, UploadAddresses.CompletePath(session.Id), session),
        };

    private static EncryptMetadataResponse Describe(BlobKey key) =>
        new(BlobKey.Algorithm, Convert.ToBase64String(key.Key), Convert.ToBase64String(key.Iv));
}
