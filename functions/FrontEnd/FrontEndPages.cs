using System.Net;
using System.Text;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>
/// Serves a built web front end beside the API, for the standalone mode: its files as they are, and for every other path its page,
/// whose placeholders the site fills (contract, section 21). In the cloud a static site in front of the app does this.
/// </summary>
internal static class FrontEndPages
{
    private const string Page = "index.html";

    // What the API and its links own (contract, section 1).
    private static readonly string[] s_ownedPaths = ["/api", "/f", "/s", "/dav"];

    /// <summary>Adds the front end behind all that is mapped.</summary>
    /// <param name="app">The app.</param>
    /// <param name="folder">The folder of the built front end.</param>
    /// <exception cref="FileNotFoundException">The folder has no <c>index.html</c>.</exception>
    public static void MapFrontEnd(this WebApplication app, string folder)
    {
        var page = File.ReadAllText(Path.Combine(folder, Page), Encoding.UTF8);
        var files = new PhysicalFileProvider(Path.GetFullPath(folder));
        var types = new FileExtensionContentTypeProvider();
        app.MapGet("/{**path}", async (HttpContext http, SettingStore settings) =>
        {
            var path = http.Request.Path;
            if (Array.Exists(s_ownedPaths, owned => path.StartsWithSegments(owned, StringComparison.Ordinal)))
                return Results.NotFound();
            if (path != "/" + Page && files.GetFileInfo(path) is { Exists: true, PhysicalPath: { } file } info)
                return Results.File(file, types.TryGetContentType(file, out var type) ? type : null, lastModified: info.LastModified);
            // A new release names other files.
            http.Response.Headers.CacheControl = "no-cache";
            return Results.Text(Fill(page, await settings.GetAsync(http.RequestAborted)), "text/html", Encoding.UTF8);
        }).WithOrder(int.MaxValue).WithName("FrontEndPage").Auth(AuthClass.None);
    }

    /// <summary>The page with what the site says about itself.</summary>
    /// <param name="page">The page as it was built.</param>
    /// <param name="site">The site.</param>
    internal static string Fill(string page, SiteSettings site) => page
        .Replace("{siteName}", WebUtility.HtmlEncode(site.Get(SiteSetting.SiteName)), StringComparison.Ordinal)
        .Replace("{siteDes}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.Description)), StringComparison.Ordinal)
        .Replace("{pwa_small_icon}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.SmallIcon)), StringComparison.Ordinal)
        .Replace("{pwa_medium_icon}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.MediumIcon)), StringComparison.Ordinal)
        .Replace("var(--defaultThemeColor)", WebUtility.HtmlEncode(site.Get(SiteSetting.DefaultTheme)), StringComparison.Ordinal)
        // Administrators write it to be run.
        .Replace("{siteScript}", site.Get(AppearanceSetting.Script), StringComparison.Ordinal);
}
