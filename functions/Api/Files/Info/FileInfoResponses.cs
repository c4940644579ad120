using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Info;

/// <summary>Details of one file.</summary>
internal sealed record ExtendedInfoResponse(StoragePolicyResponse? StoragePolicy, long StorageUsed, IReadOnlyList<EntityResponse> Entities)
{
    /// <summary>Direct links, for the owner alone.</summary>
    public IReadOnlyList<FileLinkResponse>? DirectLinks { get; init; }

    /// <summary>Share links, for the owner alone.</summary>
    public IReadOnlyList<ShareResponse>? Shares { get; init; }

    /// <summary>The stored view, for the owner alone.</summary>
    public ExplorerViewResponse? View { get; init; }
}

/// <summary>A direct link of a file.</summary>
internal sealed record FileLinkResponse(string Id, string Url, long Downloaded, DateTimeOffset CreatedAt);

/// <summary>The totals of a folder, with everything below it.</summary>
internal sealed record FolderSummaryResponse(long Size, long Files, long Folders, bool Completed, DateTimeOffset CalculatedAt);

/// <summary>A blob of a file.</summary>
internal sealed record EntityResponse(
    string Id, long Size, int Type, DateTimeOffset CreatedAt, StoragePolicyResponse? StoragePolicy, UserResponse? CreatedBy)
{
    /// <summary>The cipher of an encrypted blob.</summary>
    public string? EncryptedWith { get; init; }
}
