using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>A share link as a caller sees it (contract, section 17).</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Visited">How often it was looked at.</param>
/// <param name="Unlocked">Whether the caller may see what is behind it; if not, much of the rest is left out.</param>
/// <param name="PasswordProtected">Whether it needs a password.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Expired">Whether it has ended, or what it shows is gone.</param>
/// <param name="Url">Its address, with the password for those who may know it.</param>
internal sealed record ShareResponse(
    string Id, long Visited, bool Unlocked, bool PasswordProtected, DateTimeOffset CreatedAt, bool Expired, string Url)
{
    /// <summary>Name of the file or folder.</summary>
    public string? Name { get; init; }

    /// <summary>0 file, 1 folder.</summary>
    public int? SourceType { get; init; }

    /// <summary>Bytes of a file.</summary>
    public long? Size { get; init; }

    /// <summary>Whose it is.</summary>
    public UserResponse? Owner { get; init; }

    /// <summary>Downloads so far.</summary>
    public long? Downloaded { get; init; }

    /// <summary>Downloads left.</summary>
    public long? RemainDownloads { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The password.</summary>
    public string? Password { get; init; }

    /// <summary>Whether clients show the folder's README.</summary>
    public bool? ShowReadme { get; init; }

    /// <summary>For the owner alone: whether it has a password.</summary>
    public bool? IsPrivate { get; init; }

    /// <summary>For the owner alone: whether others see the folder as it is arranged.</summary>
    public bool? ShareView { get; init; }

    /// <summary>For the owner alone, and only when asked for: where the file is.</summary>
    public string? SourceUri { get; init; }
}

/// <summary>A page of share links.</summary>
/// <param name="Shares">The links.</param>
/// <param name="Pagination">Where the page stands.</param>
internal sealed record ShareListResponse(IReadOnlyList<ShareResponse> Shares, PaginationResponse Pagination);

/// <summary>The body of a new link, and of a change of one.</summary>
/// <param name="Uri">The file or folder.</param>
internal sealed record ShareRequest(string Uri)
{
    /// <summary>Whether it gets a password. New links only.</summary>
    public bool? IsPrivate { get; init; }

    /// <summary>The password; null or empty for one that is drawn. New links only.</summary>
    public string? Password { get; init; }

    /// <summary>Seconds until it ends; null or 0 for never.</summary>
    public long? Expire { get; init; }

    /// <summary>Downloads until it ends; null or 0 for any number.</summary>
    public long? Downloads { get; init; }

    /// <summary>Whether others see the folder as it is arranged.</summary>
    public bool? ShareView { get; init; }

    /// <summary>Whether clients show the folder's README.</summary>
    public bool? ShowReadme { get; init; }
}

/// <summary>The body of a deletion of several links.</summary>
/// <param name="Ids">Encoded ids.</param>
internal sealed record DeleteSharesRequest(IReadOnlyList<string> Ids);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ShareRequest))]
[JsonSerializable(typeof(DeleteSharesRequest))]
[JsonSerializable(typeof(ApiResponse<ShareResponse>))]
[JsonSerializable(typeof(ApiResponse<ShareListResponse>))]
internal sealed partial class ShareJsonContext : JsonSerializerContext;
