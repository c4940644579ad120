using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>
/// The Content-Security-Policy of the front end's pages. Scripts are the site's own files, those that are in the page when it is sent
/// (named by their hashes, so injected ones do not run), and those of the captcha in use. Files come from the storage accounts.
/// </summary>
/// <param name="account">The app's account, which browsers exchange files with.</param>
/// <param name="catalog">Policies with accounts of their own.</param>
internal sealed partial class PagePolicy(StorageAccount account, SiteCatalog catalog)
{
    private const int MaxKept = 16;

    private readonly BoundedCache<string, string> _scripts = new(MaxKept, TimeProvider.System);

    /// <summary>The policy of a page.</summary>
    /// <param name="page">The page as it is sent.</param>
    public async ValueTask<string> OfAsync(SiteSettings site, string page, CancellationToken cancellationToken)
    {
        var files = await FileOriginsAsync(site, cancellationToken);
        var captcha = CaptchaOrigins(site);
        var maps = site.Get(SiteSetting.MapProvider) == "mapbox" ? "https://api.mapbox.com https://events.mapbox.com" : "";
        // Google's map tiles have addresses without TLS.
        var tiles = site.Get(SiteSetting.MapProvider) == "google" ? "http://*.google.com" : "";
        string[] directives =
        [
            "default-src 'self'",
            // The decoder of HEIC pictures compiles its own functions.
            $"script-src 'self' 'unsafe-eval' blob: {captcha} {ScriptsOf(page)}",
            "style-src 'self' 'unsafe-inline'",
            $"img-src 'self' data: blob: https: {files} {tiles}",
            "font-src 'self' data: https:",
            $"media-src 'self' blob: {files}",
            $"connect-src 'self' data: blob: {files} {captcha} {maps}",
            // Viewers are pages of other sites, chosen by the administrators.
            $"frame-src 'self' blob: https: {ViewerOrigins(site)} {files}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ];
        return string.Join("; ", directives.Select(directive => Spaces().Replace(directive, " ").TrimEnd()));
    }

    /// <summary>The source expression of a script's text, whose line ends browsers read as one character.</summary>
    private static string HashOf(string script) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script.Replace("\r\n", "\n", StringComparison.Ordinal))))}'";

    private static string? OriginOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.GetLeftPart(UriPartial.Authority) : null;

    private static string CaptchaOrigins(SiteSettings site) => site.Get(CaptchaSetting.Type) switch
    {
        CaptchaSetting.Recaptcha => "https://www.recaptcha.net https://www.google.com https://www.gstatic.com https://www.gstatic.cn",
        CaptchaSetting.Turnstile => "https://challenges.cloudflare.com",
        // The widget comes from a content delivery network or from the server itself, depending on the setting.
        CaptchaSetting.Cap => $"https://cdn.jsdelivr.net https://unpkg.com {OriginOf(site.Get(CaptchaSetting.CapInstance))}",
        _ => "",
    };

    /// <summary>Origins of viewers without TLS; all others are allowed as they are.</summary>
    private static string ViewerOrigins(SiteSettings site)
    {
        var addresses = PlainAddresses().Matches(site.TextOf(ViewerSetting.Viewers)).Select(match => OriginOf(match.Value));
        return string.Join(' ', addresses.OfType<string>().Distinct(StringComparer.Ordinal));
    }

    private async ValueTask<string> FileOriginsAsync(SiteSettings site, CancellationToken cancellationToken)
    {
        var policies = await catalog.ListPoliciesAsync(cancellationToken);
        var addresses = policies.Select(policy => policy.Server).Append(account.BlobEndpoint.AbsoluteUri).Concat(site.Urls.Select(url => url.AbsoluteUri));
        return string.Join(' ', addresses.Select(OriginOf).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    /// <summary>The source expressions of the scripts in a page: hashes of their texts, or their addresses.</summary>
    private string ScriptsOf(string page)
    {
        if (_scripts.Find(page) is { } known)
            return known;
        var sources = new List<string>();
        foreach (Match script in Scripts().Matches(page))
        {
            if (Addresses().Match(script.Groups["attributes"].Value) is { Success: true } address)
                sources.Add(OriginOf(address.Groups["address"].Value) ?? "");
            else
                sources.Add(HashOf(script.Groups["text"].Value));
        }
        var handlers = Handlers().Matches(page).Select(handler => HashOf(WebUtility.HtmlDecode(handler.Groups["text"].Value))).ToList();
        // Style sheets that load late have a handler; only exactly that text may run.
        if (handlers.Count > 0)
            sources.AddRange(handlers.Prepend("'unsafe-hashes'"));
        var text = string.Join(' ', sources.Where(source => source.Length > 0).Distinct(StringComparer.Ordinal));
        // Pages change only with settings and releases.
        _scripts.Keep(page, text, DateTimeOffset.MaxValue);
        return text;
    }

    [GeneratedRegex(@"<script\b(?<attributes>[^>]*)>(?<text>.*?)</script\s*>", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Scripts();

    [GeneratedRegex(@"\bsrc\s*=\s*[""']?(?<address>[^""'\s>]+)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Addresses();

    [GeneratedRegex(@"<[a-z][^>]*\son[a-z]+\s*=\s*""(?<text>[^""]*)""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Handlers();

    [GeneratedRegex(@"http://[^/""'\s\\{}<>]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex PlainAddresses();

    [GeneratedRegex(" {2,}", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
