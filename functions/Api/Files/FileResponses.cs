using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Files.Thumbnails;
using Cloudreve.Functions.Api.Shares;
using Cloudreve.Functions.Api.Site;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files;

/// <summary>A file or folder as clients see it (contract, section 9).</summary>
internal sealed record FileResponse
{
    /// <summary>0 file, 1 folder.</summary>
    public required int Type { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The caller's permissions; null for all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Permission { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public long Size { get; init; }

    /// <summary>Null when it was not loaded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required string Path { get; init; }

    public required string Capability { get; init; }

    public bool Owned { get; init; }

    /// <summary>Whether it has share links; told in listings of own folders.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Shared { get; init; }

    public required string PrimaryEntity { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ExtendedInfoResponse? ExtendedInfo { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FolderSummaryResponse? FolderSummary { get; init; }
}

/// <summary>Details of one file.</summary>
internal sealed record ExtendedInfoResponse(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoragePolicyResponse? StoragePolicy,
    long StorageUsed,
    IReadOnlyList<EntityResponse> Entities)
{
    /// <summary>For the owner alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FileLinkResponse>? DirectLinks { get; init; }

    /// <summary>Share links, for the owner alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ShareResponse>? Shares { get; init; }

    /// <summary>The stored view, for the owner alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ExplorerViewResponse? View { get; init; }
}

/// <summary>A direct link of a file.</summary>
internal sealed record FileLinkResponse(string Id, string Url, long Downloaded, DateTimeOffset CreatedAt);

/// <summary>What a folder holds, with everything below it.</summary>
internal sealed record FolderSummaryResponse(long Size, long Files, long Folders, bool Completed, DateTimeOffset CalculatedAt);

/// <summary>A blob of a file.</summary>
internal sealed record EntityResponse(
    string Id,
    long Size,
    int Type,
    DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoragePolicyResponse? StoragePolicy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UserResponse? CreatedBy)
{
    /// <summary>The cipher of an encrypted blob.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EncryptedWith { get; init; }
}

/// <summary>A page of a folder (contract, section 10).</summary>
internal sealed record ListResponse(
    IReadOnlyList<FileResponse> Files,
    FileResponse Parent,
    PaginationResponse Pagination,
    NavigatorPropsResponse Props,
    string ContextHint,
    bool MixedType,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] StoragePolicyResponse? StoragePolicy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ExplorerViewResponse? View)
{
    /// <summary>Whether a shared file is shown and not a folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? SingleFileView { get; init; }

    /// <summary>Whether a search ended because it opened as many folders as allowed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? RecursionLimitReached { get; init; }
}

/// <summary>Where a page stands in its list.</summary>
internal sealed record PaginationResponse(int Page, int PageSize, bool IsCursor)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? NextToken { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TotalItems { get; init; }
}

/// <summary>What a listing can do.</summary>
internal sealed record NavigatorPropsResponse(
    string Capability, int MaxPageSize, IReadOnlyList<string> OrderByOptions, IReadOnlyList<string> OrderDirectionOptions);

/// <summary>Download addresses, in the order of the request.</summary>
internal sealed record FileUrlResponse(IReadOnlyList<EntityUrlResponse> Urls, DateTimeOffset Expires);

/// <summary>One download address.</summary>
internal sealed record EntityUrlResponse(string Url)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StreamSaverDisplayName { get; init; }
}

/// <summary>Body of a creation.</summary>
internal sealed record CreateFileRequest(string Uri, string Type, IReadOnlyDictionary<string, string>? Metadata = null, bool ErrOnConflict = false);

/// <summary>Body of a request for download addresses.</summary>
internal sealed record FileUrlRequest(
    IReadOnlyList<string> Uris,
    bool? Download = null,
    bool? Redirect = null,
    string? Entity = null,
    bool? UsePrimarySiteUrl = null,
    bool? SkipError = null,
    bool? Archive = null,
    bool? NoCache = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<FileResponse>))]
[JsonSerializable(typeof(ApiResponse<ListResponse>))]
[JsonSerializable(typeof(IReadOnlyList<FileResponse>))]
[JsonSerializable(typeof(ApiResponse<FileUrlResponse>))]
[JsonSerializable(typeof(ApiResponse<ThumbnailResponse>))]
[JsonSerializable(typeof(CreateFileRequest))]
[JsonSerializable(typeof(FileUrlRequest))]
internal sealed partial class FileJsonContext : JsonSerializerContext;
