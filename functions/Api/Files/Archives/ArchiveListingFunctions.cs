using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Archives;

/// <summary>Listings of archives (contract, section 19.2).</summary>
internal sealed class ArchiveListingFunctions(DriveAccess access, EntriesByPath byPath, EntityStore entities, ArchiveListing listing)
{
    /// <summary>Lists the entries of an archive.</summary>
    [Function("GetArchiveFileList")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [QueryParameter<string>("uri", IsRequired = true)]
    [QueryParameter<string>("entity")]
    [QueryParameter<string>("text_encoding")]
    [Answers<ArchiveListingResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/archive")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var uri = request.RequiredText("uri");
        call.Caller.Require(GroupPermission.ArchiveTask);
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, call.Site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        var archive = await FindAsync(call, file, request.OptionalText("entity"), cancellationToken);
        if (call.Caller.Group.Settings.DecompressSize is > 0 and var limit && archive.Size > limit)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The archive exceeds the size limit of your group.");
        var accountId = call.Caller.IsAnonymous ? -file.OwnerId : call.Caller.UserId;
        var files = await listing.ListAsync(accountId, archive, request.OptionalText("text_encoding"), cancellationToken);
        return ApiResponse.Ok(new ArchiveListingResponse([.. files.Select(f => new ArchivedFileResponse(f.Name, f.Size, f.UpdatedAt, f.IsDirectory))]));
    }

    /// <summary>Finds the version that a client names, or the current one.</summary>
    private async Task<EntityRecord> FindAsync(ApiCall call, FileRecord file, string? version, CancellationToken cancellationToken)
    {
        var id = VersionIds.Parse(version, call.Site) ?? file.PrimaryEntityId;
        if (id == 0 || !DriveAccess.MayRead(call.Caller, file, id) || await entities.FindAsync(id, cancellationToken) is not { } archive)
            throw new CloudreveException(ErrorCode.BlobNotFound, "The file does not have this version.");
        return archive;
    }
}
