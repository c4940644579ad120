using System.Globalization;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>
/// Creates download addresses (contract, section 15): signed addresses of Blob storage, so that no content passes through the
/// app; or signed addresses of the app for empty files, encrypted blobs, and policies whose downloads must pass through it.
/// Addresses are handed out again for a while, so that browsers and proxies can use their caches.
/// </summary>
/// <param name="clock">The clock for expiry.</param>
internal sealed class DownloadAddresses(SiteCatalog catalog, PolicyContainers containers, TimeProvider clock)
{
    private const int KeptAddresses = 20_000;

    private readonly BoundedCache<(long EntityId, DownloadTarget Target, string Base, long Generation), DownloadAddress> _recent = new(KeptAddresses, clock);

    /// <summary>Creates an address; no transaction beyond the site's policies.</summary>
    /// <param name="site">The site, for its secret and lifetimes.</param>
    /// <param name="siteBase">Scheme and host of the site's own addresses.</param>
    /// <param name="isFresh">True to make a new one even if a recent one is still good.</param>
    public async Task<DownloadAddress> MakeAsync(
        SiteSettings site, string siteBase, DownloadTarget target, bool isFresh, CancellationToken cancellationToken)
    {
        var key = (target.Entity?.Id ?? 0, target with { Entity = null }, siteBase, site.Get(SiteSetting.EntityUrlGeneration));
        if (!isFresh && _recent.Find(key) is { } known)
            return known;
        var expires = LatestExpiry(site);
        var address = await SignAsync(site, siteBase, target, expires, cancellationToken);
        _recent.Keep(key, address, expires - site.Get(SiteSetting.EntityUrlCacheMargin));
        return address;
    }

    /// <summary>The expiry of an address that is created now.</summary>
    /// <param name="site">The site, for its lifetimes.</param>
    public DateTimeOffset LatestExpiry(SiteSettings site) => clock.GetUtcNow() + site.Get(SiteSetting.EntityUrlLifetime);

    /// <summary>An address of the site itself.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="siteBase">Scheme and host.</param>
    /// <param name="expires">The time it expires; null for never.</param>
    public static string SignContent(SiteSettings site, string siteBase, DownloadTarget target, DateTimeOffset? expires)
    {
        var id = site.HashIds.Encode(target.Entity?.Id ?? 0, HashIdKind.Entity);
        var speed = string.Create(CultureInfo.InvariantCulture, $"{target.BytesPerSecond}");
        var signature = UrlSigner.Sign(site, ContentAddress.PathOf(id, speed, target.Name), expires);
        var query = $"?sign={Uri.EscapeDataString(signature)}{(target.IsDownload ? "&download=true" : "")}";
        return $"{siteBase}{ContentAddress.EscapedPathOf(id, speed, target.Name)}{query}";
    }

    private async Task<DownloadAddress> SignAsync(
        SiteSettings site, string siteBase, DownloadTarget target, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        if (target.Entity is not { } entity)
            return new DownloadAddress(SignContent(site, siteBase, target, expires), expires, null);
        var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
        var saveAs = policy.Settings.StreamSaver ? target.Name : null;
        if (policy.Settings.Relay || policy.Settings.InternalProxy || entity.Encryption is not null)
            return new DownloadAddress(SignContent(site, siteBase, target, expires), expires, saveAs);
        var address = await containers.Get(policy).SignReadAsync(
            entity.Source, expires, ContentNames.Disposition(site, target.Name, target.IsDownload), ContentNames.MimeType(site, target.Name),
            cancellationToken);
        return new DownloadAddress(policy.PublicAddress(address).AbsoluteUri, expires, saveAs);
    }
}
