using System.Globalization;
using System.Net;
using System.Text;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>
/// Serves a built web front end beside the API: its files as they are, and for every other path its page, whose placeholders the
/// site fills (contract, section 21). In the cloud a static site in front of the app does this.
/// </summary>
/// <param name="folder">The folder of the built front end.</param>
/// <param name="bootstrap">Creates the site before its first request.</param>
/// <param name="policy">Says what its pages may load.</param>
internal sealed class BuiltFrontEnd(string folder, SiteBootstrap bootstrap, SettingStore settings, PagePolicy policy) : IFrontEnd, IDisposable
{
    private const string Page = "index.html";

    // Paths that belong to the API and its links (contract, section 1).
    private static readonly string[] s_ownedPaths = ["/api", "/f", "/s", "/dav"];

    private readonly Lazy<string> _page = new(() => File.ReadAllText(Path.Combine(folder, Page), Encoding.UTF8));
    private readonly PhysicalFileProvider _files = new(Path.GetFullPath(folder));
    private readonly FileExtensionContentTypeProvider _types = new();

    /// <inheritdoc/>
    public async Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var (path, headers) = (request.Path, request.HttpContext.Response.Headers);
        if (Array.Exists(s_ownedPaths, owned => path.StartsWithSegments(owned, StringComparison.OrdinalIgnoreCase)))
            return Results.NotFound();
        // A worker would be bound by the policy of its script.
        headers.Remove("Content-Security-Policy");
        // The provider refuses paths outside its folder, and hidden files.
        if (!path.Equals("/" + Page, StringComparison.OrdinalIgnoreCase) && _files.GetFileInfo(path.Value ?? "") is { Exists: true, PhysicalPath: not null } file)
        {
            headers.CacheControl = AssetName.IsHashed(path.Value) ? "public, max-age=31536000, immutable" : "no-cache";
            if (file.Name.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
                await ProtectAsync(headers, await File.ReadAllTextAsync(file.PhysicalPath, cancellationToken), cancellationToken);
            return Send(file, file.PhysicalPath);
        }
        await bootstrap.EnsureAsync(cancellationToken);
        var page = Fill(_page.Value, await settings.GetAsync(cancellationToken));
        await ProtectAsync(headers, page, cancellationToken);
        // A new release uses other file names.
        headers.CacheControl = "no-cache";
        return Results.Text(page, "text/html", Encoding.UTF8);
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    /// <summary>The page with the site's data filled in.</summary>
    /// <param name="page">The page as it was built.</param>
    internal static string Fill(string page, SiteSettings site) => page
        .Replace("{siteName}", WebUtility.HtmlEncode(site.Get(SiteSetting.SiteName)), StringComparison.Ordinal)
        .Replace("{siteDes}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.Description)), StringComparison.Ordinal)
        .Replace("{pwa_small_icon}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.SmallIcon)), StringComparison.Ordinal)
        .Replace("{pwa_medium_icon}", WebUtility.HtmlEncode(site.Get(AppearanceSetting.MediumIcon)), StringComparison.Ordinal)
        .Replace("var(--defaultThemeColor)", WebUtility.HtmlEncode(site.Get(SiteSetting.DefaultTheme)), StringComparison.Ordinal)
        // Administrators enter it to be executed.
        .Replace("{siteScript}", site.Get(AppearanceSetting.Script), StringComparison.Ordinal);

    private async Task ProtectAsync(IHeaderDictionary headers, string page, CancellationToken cancellationToken)
    {
        await bootstrap.EnsureAsync(cancellationToken);
        headers.ContentSecurityPolicy = await policy.OfAsync(await settings.GetAsync(cancellationToken), page, cancellationToken);
        // For browsers that do not know frame-ancestors.
        headers.XFrameOptions = "SAMEORIGIN";
    }

    private IResult Send(IFileInfo file, string path)
    {
        var version = string.Create(CultureInfo.InvariantCulture, $"\"{file.LastModified.UtcTicks:x}-{file.Length:x}\"");
        return Results.File(
            path, _types.TryGetContentType(path, out var type) ? type : null, lastModified: file.LastModified,
            entityTag: new EntityTagHeaderValue(version), enableRangeProcessing: true);
    }
}
