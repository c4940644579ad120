using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Downloads;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Resolves a direct link.</summary>
/// <param name="misses">Limits guessing of links.</param>
/// <param name="entities">Their content.</param>
/// <param name="users">Their owners.</param>
/// <param name="catalog">The owners' groups.</param>
/// <param name="addresses">Makes the addresses.</param>
/// <param name="clock">Determines how long an address works.</param>
internal sealed class DirectLinkTarget(
    DirectLinkStore links, LinkMisses misses, EntriesById byId, EntityStore entities, UserStore users, SiteCatalog catalog,
    DownloadAddresses addresses, TimeProvider clock)
{
    /// <summary>
    /// The link, the address, and its lifetime; null when the link does not exist under that name, its owner is not active, or the
    /// file is gone or in the trash. Three transactions, and two for each folder above the file.
    /// </summary>
    /// <param name="call">The caller, and the site.</param>
    /// <param name="siteBase">Scheme and host of the site's own addresses.</param>
    /// <param name="id">The link's encoded id.</param>
    /// <param name="name">The name in the link.</param>
    /// <param name="isDownload">True if browsers save the file instead of showing it.</param>
    public async Task<(DirectLink Link, string Url, TimeSpan Lifetime)?> FindAsync(
        ApiCall call, string siteBase, string id, string name, bool isDownload, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        if (misses.IsSpent(caller.Client) || !site.HashIds.TryDecode(id, HashIdKind.SourceLink, out var linkId)
            || await links.FindAsync(linkId, cancellationToken) is not { } link || link.Name != name)
        {
            misses.Count(caller.Client);
            return null;
        }
        if (await users.FindRecentAsync(link.OwnerId, cancellationToken) is not { Status: UserStatus.Active } owner
            || await LinkedFile.FindAsync(link, byId, cancellationToken) is not var (file, _))
            return null;
        try
        {
            var group = await catalog.FindGroupAsync(owner.GroupId, cancellationToken);
            var content = await LinkedFile.FindContentAsync(file, entities, cancellationToken);
            var target = new DownloadTarget(content, file.Name, isDownload, group?.SpeedLimit ?? 0);
            var address = await addresses.MakeAsync(site, siteBase, target, isFresh: false, cancellationToken);
            return (link, address.Url, address.Expires - clock.GetUtcNow());
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.BlobNotFound or ErrorCode.PolicyNotFound)
        {
            return null;
        }
    }
}
