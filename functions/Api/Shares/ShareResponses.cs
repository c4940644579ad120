using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>A share link as a caller sees it (contract, section 17).</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Visited">Number of views.</param>
/// <param name="Unlocked">True if the caller may see what it leads to; if not, much of the rest is left out.</param>
/// <param name="PasswordProtected">True if it needs a password.</param>
/// <param name="CreatedAt">The time it was created.</param>
/// <param name="Expired">True if it has ended, or what it shows is gone.</param>
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

    /// <summary>The owner.</summary>
    public UserResponse? Owner { get; init; }

    /// <summary>Downloads so far; null for none.</summary>
    public long? Downloaded { get; init; }

    /// <summary>Downloads left.</summary>
    public long? RemainDownloads { get; init; }

    /// <summary>The time it expires.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The password.</summary>
    public string? Password { get; init; }

    /// <summary>True if clients show the folder's README.</summary>
    public bool? ShowReadme { get; init; }

    /// <summary>For the owner alone: true if it has a password.</summary>
    public bool? IsPrivate { get; init; }

    /// <summary>For the owner alone: true if others see the folder as its owner arranged it.</summary>
    public bool? ShareView { get; init; }

    /// <summary>For the owner alone, and only when requested: the folder itself, or the folder that a single file is in.</summary>
    public string? SourceUri { get; init; }
}

/// <summary>A page of share links.</summary>
/// <param name="Shares">The links.</param>
/// <param name="Pagination">The position of the page.</param>
internal sealed record ShareListResponse(IReadOnlyList<ShareResponse> Shares, PaginationResponse Pagination);
