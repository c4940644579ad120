using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>The address of the site as a caller sees it (contract, section 15).</summary>
internal static class SiteUrls
{
    /// <summary>
    /// Scheme, host and port without a trailing slash: the site's address whose host is the request's, otherwise the primary one.
    /// A request's host is never trusted by itself, except on a developer's machine, where any port may be chosen: elsewhere every client
    /// can claim to have called localhost.
    /// </summary>
    /// <param name="primary">True to return the primary address in any case.</param>
    public static string Base(HttpContext http, SiteSettings site, bool primary)
    {
        var host = http.Request.Host;
        if (!primary && host.Host is "localhost" or "127.0.0.1" && http.RequestServices.GetRequiredService<AppSettings>().IsDevelopment)
            return $"{http.Request.Scheme}://{host.Value}";
        var match = primary ? null : site.Urls.FirstOrDefault(u => string.Equals(u.Authority, host.Value, StringComparison.OrdinalIgnoreCase));
        var chosen = match ?? (site.Urls.Count > 0 ? site.Urls[0] : null);
        return chosen?.GetLeftPart(UriPartial.Authority) ?? "";
    }
}
