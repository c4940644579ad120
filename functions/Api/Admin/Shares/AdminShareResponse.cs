using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.Administration;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Files;
using Cloudreve.Functions.Api.Admin.Users;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Shares;

namespace Cloudreve.Functions.Api.Admin.Shares;

/// <summary>A share link as the administration sees it (contract, section 24).</summary>
internal sealed record AdminShareResponse(long Id, DateTimeOffset CreatedAt, long Views, long Downloads)
{
    /// <summary>The password that visitors need.</summary>
    public string? Password { get; init; }

    /// <summary>The time it expires.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Number of downloads left.</summary>
    public long? RemainDownloads { get; init; }

    /// <summary>The owner and the file.</summary>
    public AdminShareEdges Edges { get; init; } = new(null, null);

    /// <summary>The owner's id as users see it.</summary>
    public string? UserHashId { get; init; }

    /// <summary>The link's address.</summary>
    public string? ShareLink { get; init; }

    /// <summary>Describes a link.</summary>
    /// <param name="listed">The link.</param>
    /// <param name="names">Accounts by id.</param>
    /// <param name="siteBase">Scheme and host of links.</param>
    public static AdminShareResponse Of(ListedShare listed, AdminNames names, SiteSettings site, string siteBase)
    {
        var share = listed.Share;
        return new AdminShareResponse(share.Id, share.CreatedAt, share.Visits, share.Downloads)
        {
            Password = share.Password.Length == 0 ? null : share.Password,
            Expires = share.ExpiresAt,
            RemainDownloads = share.RemainingDownloads,
            Edges = new AdminShareEdges(names.User(share.OwnerId), listed.File is { } file ? AdminFileResponse.Of(file, site.HashIds) : null),
            UserHashId = site.HashIds.Encode(share.OwnerId, HashIdKind.User),
            ShareLink = SharePresenter.AddressOf(site, siteBase, share, withPassword: true),
        };
    }
}

/// <summary>The objects related to a share link.</summary>
internal sealed record AdminShareEdges(AdminUserName? User, AdminFileResponse? File);

/// <summary>A page of share links.</summary>
internal sealed record AdminShareListResponse(IReadOnlyList<AdminShareResponse> Shares, PaginationResponse Pagination);
