using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OpenId;

/// <summary>
/// Binds a sign-in with a provider to the browser that began it, with a cookie. Otherwise an attacker could begin one and lead a victim's
/// browser to its end: the victim would use the attacker's account without knowing, or link their own identity to it. Only browsers are
/// asked for the cookie, and only on the site's own pages (Fetch Metadata): other clients cannot be led to an address, and pages of other
/// sites cannot call the API.
/// </summary>
internal static class BrowserBinding
{
    private const string Prefix = "cloudreve-openid-";
    private const string Path = ApiPaths.Prefix + "/session/openid";
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>Records in the browser that it began a sign-in.</summary>
    /// <param name="http">The request that begins it.</param>
    /// <param name="state">The sign-in's state.</param>
    /// <param name="siteBase">The site's address as the browser sees it.</param>
    public static void Bind(HttpContext http, string state, string siteBase) =>
        http.Response.Cookies.Append(Prefix + state, "1", Describe(siteBase, OpenIdSignIn.Lifetime));

    /// <summary>Throws unless a browser began the sign-in itself; removes the record.</summary>
    /// <param name="http">The request that ends it.</param>
    /// <param name="state">The sign-in's state, as the client says.</param>
    /// <param name="siteBase">The site's address as the browser sees it.</param>
    /// <exception cref="CloudreveException">404.</exception>
    public static void Check(HttpContext http, string state, string siteBase)
    {
        if (!Guid.TryParseExact(state, "D", out var id) || http.Request.Headers[FetchSite] != "same-origin")
            return;
        var name = Prefix + id.ToString("D");
        if (!http.Request.Cookies.ContainsKey(name))
            throw new CloudreveException(ErrorCode.NotFound, "The sign-in was started in a different browser. Please start again.");
        http.Response.Cookies.Delete(name, Describe(siteBase, null));
    }

    private static CookieOptions Describe(string siteBase, TimeSpan? maxAge) => new()
    {
        Path = Path,
        HttpOnly = true,
        Secure = siteBase.StartsWith("https:", StringComparison.Ordinal),
        SameSite = SameSiteMode.Lax,
        IsEssential = true,
        MaxAge = maxAge,
    };
}
