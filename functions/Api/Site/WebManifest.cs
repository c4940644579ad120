using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Site;

/// <summary>An icon of the installed web app.</summary>
/// <param name="Src">Address.</param>
/// <param name="Sizes">Widths and heights in pixels, separated by spaces.</param>
/// <param name="Type">Media type.</param>
internal sealed record ManifestIcon(string Src, string Sizes, string Type);

/// <summary>The manifest that makes the web app installable (contract, section 21; W3C Web Application Manifest).</summary>
/// <param name="ShortName">Name where there is little room.</param>
/// <param name="StartUrl">The page that opens.</param>
/// <param name="Display">The display mode of the app.</param>
/// <param name="ThemeColor">Colour of its frame.</param>
/// <param name="BackgroundColor">Colour while it starts.</param>
internal sealed record WebManifest(
    string ShortName, string Name, IReadOnlyList<ManifestIcon> Icons, string StartUrl, string Display, string ThemeColor, string BackgroundColor)
{
    /// <summary>The manifest of a site.</summary>
    public static WebManifest Of(SiteSettings site) => new(
        site.Get(SiteSetting.SiteName),
        site.Get(SiteSetting.SiteName),
        [
            new ManifestIcon(site.Get(AppearanceSetting.SmallIcon), "64x64 32x32 24x24 16x16", "image/x-icon"),
            new ManifestIcon(site.Get(AppearanceSetting.MediumIcon), "192x192", "image/png"),
            new ManifestIcon(site.Get(AppearanceSetting.LargeIcon), "512x512", "image/png"),
        ],
        ".",
        site.Get(AppearanceSetting.Display),
        site.Get(AppearanceSetting.ThemeColor),
        site.Get(AppearanceSetting.BackgroundColor));
}
