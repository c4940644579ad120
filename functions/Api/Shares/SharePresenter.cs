using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>Shapes share links for callers.</summary>
/// <param name="users">Their owners.</param>
/// <param name="catalog">The owners' groups.</param>
/// <param name="clock">Determines which have ended.</param>
internal sealed class SharePresenter(UserStore users, SiteCatalog catalog, TimeProvider clock)
{
    /// <summary>The address of a link.</summary>
    /// <param name="site">Encodes its id.</param>
    /// <param name="siteBase">Scheme and host.</param>
    /// <param name="withPassword">True to include the password, so that the address alone is enough.</param>
    public static string AddressOf(SiteSettings site, string siteBase, Share share, bool withPassword) =>
        $"{siteBase}/s/{site.HashIds.Encode(share.Id, HashIdKind.Share)}{(withPassword && share.Password.Length > 0 ? "/" + Uri.EscapeDataString(share.Password) : "")}";

    /// <summary>Shapes a link. No transaction beyond the owner's account.</summary>
    /// <param name="siteBase">Scheme and host.</param>
    /// <param name="file">The shared file or folder; null when it is gone.</param>
    /// <param name="isUnlocked">True if the caller may see what it leads to.</param>
    public async Task<ShareResponse> PresentAsync(
        ApiCall call, string siteBase, Share share, FileRecord? file, bool isUnlocked, CancellationToken cancellationToken)
    {
        var isOwner = call.Caller.UserId == share.OwnerId;
        var response = new ShareResponse(
            call.Site.HashIds.Encode(share.Id, HashIdKind.Share), share.Visits, isUnlocked, share.Password.Length > 0, share.CreatedAt,
            file is null || share.IsOver(clock.GetUtcNow()), AddressOf(call.Site, siteBase, share, isUnlocked))
        {
            Name = file is null ? null : DriveOperations.OriginOf(file)?.Name ?? file.Name,
            SourceType = file is null ? null : (int)file.Type,
            Owner = await PresentOwnerAsync(call, share.OwnerId, cancellationToken),
        };
        if (!isUnlocked)
            return response;
        return response with
        {
            Size = file is { Type: FileType.File } ? file.Size : null,
            // Clients interpret its presence as a download to show.
            Downloaded = share.Downloads > 0 ? share.Downloads : null,
            RemainDownloads = share.RemainingDownloads,
            Expires = share.ExpiresAt,
            Password = share.Password.Length == 0 ? null : share.Password,
            ShowReadme = share.ShowsReadme,
            IsPrivate = isOwner ? share.Password.Length > 0 : null,
            ShareView = isOwner ? share.SharesView : null,
        };
    }

    private async Task<UserResponse?> PresentOwnerAsync(ApiCall call, long ownerId, CancellationToken cancellationToken) =>
        await users.FindRecentAsync(ownerId, cancellationToken) is { } owner
            ? UserResponse.Seen(owner, await catalog.GetGroupAsync(owner.GroupId, cancellationToken), call)
            : null;
}
