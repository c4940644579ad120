using System.Text.Encodings.Web;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>
/// The page that programs of social networks get for a link, with the properties of the Open Graph protocol: they run no script, so the front
/// end would be of no use to them. It shows only what the API shows to anybody who has the address.
/// </summary>
internal static class SocialPreview
{
    // Words in the user agents of programs that render previews, and of no browser.
    private static readonly string[] Readers =
    [
        "facebookexternalhit", "Facebot", "Twitterbot", "Slackbot", "Discordbot", "TelegramBot", "WhatsApp/", "LinkedInBot", "Pinterestbot",
        "SkypeUriPreview", "redditbot", "vkShare", "Mastodon/", "Bluesky", "Iframely", "Embedly",
    ];

    /// <summary>Checks whether a request comes from such a program.</summary>
    public static bool IsWanted(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        return Readers.Any(reader => agent.Contains(reader, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The page of a link.</summary>
    /// <param name="address">The link's address.</param>
    /// <param name="owner">The display name of its owner; null when unknown.</param>
    public static string Write(SiteSettings site, string address, SharedLink link, string? owner)
    {
        var what = link.File.Type == FileType.Folder ? "Folder" : "File";
        var properties = new Dictionary<string, string>
        {
            ["og:type"] = "website",
            ["og:site_name"] = site.Get(SiteSetting.SiteName),
            ["og:title"] = link.File.Name,
            ["og:description"] = owner is null ? what : $"{what} shared by {owner}",
            ["og:url"] = address,
        };
        if (Uri.TryCreate(new Uri(address), site.Get(AppearanceSetting.LargeIcon), out var icon))
            properties["og:image"] = icon.AbsoluteUri;
        var tags = properties.Select(pair => $"<meta property=\"{pair.Key}\" content=\"{Encode(pair.Value)}\">");
        return $"<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\"><title>{Encode(link.File.Name)}</title>"
            + $"{string.Concat(tags)}</head><body></body></html>";
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
