using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Downloads;

/// <summary>Creates signed addresses of archives that are written while they are downloaded (contract, section 15).</summary>
/// <param name="sessions">Keeps what goes into an archive.</param>
/// <param name="clock">The clock for expiry.</param>
internal sealed class ArchiveAddresses(ArchiveSessions sessions, TimeProvider clock)
{
    /// <summary>The path that a signature covers.</summary>
    /// <param name="id">The archive.</param>
    public static string PathOf(Guid id) => $"{ApiPaths.Prefix}/file/archive/{id}/archive.zip";

    /// <summary>Creates an address.</summary>
    /// <param name="site">The site, for its secret and lifetimes.</param>
    /// <param name="siteBase">Scheme and host of the site's addresses.</param>
    /// <param name="archive">The content of the archive.</param>
    public async Task<DownloadAddress> MakeAsync(SiteSettings site, string siteBase, ArchiveRequest archive, CancellationToken cancellationToken)
    {
        var expires = clock.GetUtcNow() + site.Get(SiteSetting.ArchiveLifetime);
        var path = PathOf(await sessions.CreateAsync(archive, expires, cancellationToken));
        var url = $"{siteBase}{path}?sign={Uri.EscapeDataString(UrlSigner.Sign(site, path, expires))}";
        return new DownloadAddress(url, expires, SaveAs: null);
    }
}
