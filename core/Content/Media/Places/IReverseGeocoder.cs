using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Media.Places;

/// <summary>A service that knows the names of places.</summary>
internal interface IReverseGeocoder
{
    /// <summary>Checks whether the site's settings let it be asked.</summary>
    bool IsConfigured(SiteSettings site);

    /// <summary>Finds the address of a place.</summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="place">The place.</param>
    /// <returns>Parts of the address by the metadata keys of the contract (section 9.1); empty where there is none.</returns>
    /// <exception cref="MediaException">The service refuses, or does not answer.</exception>
    Task<IReadOnlyDictionary<string, string>> FindAsync(SiteSettings site, GeoPlace place, CancellationToken cancellationToken);
}
