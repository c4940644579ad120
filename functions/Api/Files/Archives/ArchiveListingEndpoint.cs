using System.Text.Json.Serialization;
using Cloudreve.Core.Archives.Listing;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Archives;

/// <summary>What is in an archive.</summary>
internal sealed record ArchiveListingResponse(IReadOnlyList<ArchivedFileResponse> Files);

/// <summary>An entry of an archive.</summary>
internal sealed record ArchivedFileResponse(string Name, long Size, DateTimeOffset UpdatedAt, bool IsDirectory);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<ArchiveListingResponse>))]
internal sealed partial class ArchiveJsonContext : JsonSerializerContext;

/// <summary>Lists what is in an archive (contract, section 19.2).</summary>
internal static class ArchiveListingEndpoint
{
    public static async Task<ApiResponse<ArchiveListingResponse>> GetAsync(
        ApiCall call, string uri, string? entity, string? text_encoding, DriveAccess access, FileTree tree, EntityStore entities, ArchiveListing listing,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        caller.Require(GroupPermission.ArchiveTask);
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        var file = await tree.GetAsync(place, cancellationToken);
        var entityId = file.PrimaryEntityId;
        if (!string.IsNullOrEmpty(entity) && !site.HashIds.TryDecode(entity, HashIdKind.Entity, out entityId))
            throw new CloudreveException(ErrorCode.BadParameter, "The version's id is invalid.");
        if (entityId == 0 || !file.EntityIds.Contains(entityId) || await entities.FindAsync(entityId, cancellationToken) is not { } archive)
            throw new CloudreveException(ErrorCode.BlobNotFound, "The file has no such content.");
        if (caller.Group.Settings.DecompressSize is > 0 and var limit && archive.Size > limit)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The archive is larger than your group may open.");
        var files = await listing.ListAsync(archive, text_encoding, cancellationToken);
        return ApiResponse.Ok(new ArchiveListingResponse([.. files.Select(f => new ArchivedFileResponse(f.Name, f.Size, f.UpdatedAt, f.IsDirectory))]));
    }
}
