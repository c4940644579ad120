using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Site;

/// <summary>An additional entry of the navigation.</summary>
/// <param name="Icon">Icon name or URL.</param>
/// <param name="Name">The display name.</param>
/// <param name="Url">The address that it leads to.</param>
internal sealed record NavItem(string Icon, string Name, string Url);

/// <summary>The operator's own HTML.</summary>
/// <param name="HeadlessFooter">Below pages without navigation.</param>
/// <param name="HeadlessBottom">At the bottom of pages without navigation.</param>
/// <param name="SidebarBottom">Below the sidebar.</param>
internal sealed record CustomHtml(string? HeadlessFooter, string? HeadlessBottom, string? SidebarBottom);

/// <summary>
/// A section of the site's configuration for clients (contract, section 21). A feature that this build lacks is
/// reported as disabled, whatever is stored.
/// </summary>
internal sealed record SiteConfig
{
    /// <summary>The site's id.</summary>
    public string? InstanceId { get; init; }

    /// <summary>The site's name.</summary>
    public string? Title { get; init; }

    /// <summary>Themes, a JSON text.</summary>
    public string? Themes { get; init; }

    /// <summary>The default theme's main colour.</summary>
    public string? DefaultTheme { get; init; }

    /// <summary>The caller.</summary>
    public UserResponse? User { get; init; }

    /// <summary>Logo on light backgrounds.</summary>
    public string? Logo { get; init; }

    /// <summary>Logo on dark backgrounds.</summary>
    public string? LogoLight { get; init; }

    /// <summary>Kind of captcha.</summary>
    public string? CaptchaType { get; init; }

    /// <summary>Site key of Turnstile.</summary>
    public string? TurnstileSiteId { get; init; }

    /// <summary>Site key of reCAPTCHA.</summary>
    [JsonPropertyName("captcha_ReCaptchaKey")]
    public string? RecaptchaKey { get; init; }

    /// <summary>Address of the Cap server.</summary>
    public string? CaptchaCapInstanceUrl { get; init; }

    /// <summary>Site key of Cap.</summary>
    public string? CaptchaCapSiteKey { get; init; }

    /// <summary>The address from which Cap's program is loaded.</summary>
    public string? CaptchaCapAssetServer { get; init; }

    /// <summary>True if the mobile app is advertised.</summary>
    public bool? AppPromotion { get; init; }

    /// <summary>True if the desktop app is advertised.</summary>
    public bool? DesktopAppPromotion { get; init; }

    /// <summary>The address at which users of the apps send feedback.</summary>
    public string? AppFeedback { get; init; }

    /// <summary>The address of the forum for users of the apps.</summary>
    public string? AppForum { get; init; }

    /// <summary>Additional entries of the navigation.</summary>
    public IReadOnlyList<NavItem>? CustomNavItems { get; init; }

    /// <summary>The operator's own HTML.</summary>
    public CustomHtml? CustomHtml { get; init; }

    /// <summary>The notice that clients show to everybody.</summary>
    public string? SiteNotice { get; init; }

    /// <summary>True if signing in needs a captcha.</summary>
    public bool? LoginCaptcha { get; init; }

    /// <summary>True if signing up needs a captcha.</summary>
    public bool? RegCaptcha { get; init; }

    /// <summary>True if resetting a password needs a captcha.</summary>
    public bool? ForgetCaptcha { get; init; }

    /// <summary>True if reporting abuse needs a captcha.</summary>
    public bool? AbuseReportCaptcha { get; init; }

    /// <summary>True if passkeys may be used.</summary>
    public bool? Authn { get; init; }

    /// <summary>True if people may sign up.</summary>
    public bool? RegisterEnabled { get; init; }

    /// <summary>True if users may sign in with QQ.</summary>
    public bool? QqEnabled { get; init; }

    /// <summary>True if users may sign in with Logto.</summary>
    public bool? SsoEnabled { get; init; }

    /// <summary>The label of Logto's button.</summary>
    public string? SsoDisplayName { get; init; }

    /// <summary>The icon on the button of Logto.</summary>
    public string? SsoIcon { get; init; }

    /// <summary>True if users may sign in with an OpenID Connect provider.</summary>
    public bool? OidcEnabled { get; init; }

    /// <summary>The label of the provider's button.</summary>
    public string? OidcDisplayName { get; init; }

    /// <summary>The icon on the button of the provider.</summary>
    public string? OidcIcon { get; init; }

    /// <summary>Terms of service.</summary>
    public string? TosUrl { get; init; }

    /// <summary>Privacy policy.</summary>
    public string? PrivacyPolicyUrl { get; init; }

    /// <summary>Maximum number of files in one batch.</summary>
    public long? MaxBatchSize { get; init; }

    /// <summary>Icons of file types, a JSON text.</summary>
    public string? Icons { get; init; }

    /// <summary>Provider of maps.</summary>
    public string? MapProvider { get; init; }

    /// <summary>Tiles of Google maps.</summary>
    public string? GoogleMapTileType { get; init; }

    /// <summary>Access token of Mapbox.</summary>
    public string? MapboxAk { get; init; }

    /// <summary>Width of thumbnails in pixels.</summary>
    public long? ThumbnailWidth { get; init; }

    /// <summary>Height of thumbnails in pixels.</summary>
    public long? ThumbnailHeight { get; init; }

    /// <summary>Definitions of custom properties of files.</summary>
    public IReadOnlyList<JsonElement>? CustomProps { get; init; }

    /// <summary>True if clients show that a blob is encrypted.</summary>
    public bool? ShowEncryptionStatus { get; init; }

    /// <summary>True if contents of files can be searched.</summary>
    public bool? FullTextSearch { get; init; }

    /// <summary>Emojis for folders, a JSON text.</summary>
    public string? EmojiPreset { get; init; }

    /// <summary>Extensions of which there are thumbnails, sorted.</summary>
    public IReadOnlyList<string>? ThumbExts { get; init; }

    /// <summary>The apps that open files, by group.</summary>
    public IReadOnlyList<ViewerGroup>? FileViewers { get; init; }

    /// <summary>The viewer of each extension that has a default one.</summary>
    public IReadOnlyDictionary<string, string>? DefaultViewerMapping { get; init; }

    /// <summary>True if the site has points.</summary>
    public bool? PointEnabled { get; init; }

    /// <summary>True if guests may buy.</summary>
    public bool? AnonymousPurchase { get; init; }

    /// <summary>True if the shop is in the navigation.</summary>
    public bool? ShopNavEnabled { get; init; }

    /// <summary>A section; an unknown one is the basic section.</summary>
    /// <param name="section">The section's name.</param>
    /// <param name="offersCaptcha">True if signing in may need a captcha although the site does not demand one of everybody.</param>
    public static SiteConfig Of(string section, ApiCall call, bool offersCaptcha) => section switch
    {
        "login" => Login(call.Site, offersCaptcha),
        "explorer" => Explorer(call.Site),
        "emojis" => new SiteConfig { EmojiPreset = Text(call.Site, SiteSetting.Emojis) },
        "thumb" => new SiteConfig { ThumbExts = ThumbnailService.Extensions(call.Site) },
        "app" => new SiteConfig
        {
            AppPromotion = call.Site.Get(SiteSetting.ShowAppPromotion),
            DesktopAppPromotion = call.Site.Get(SiteSetting.ShowDesktopAppPromotion),
            AppFeedback = Text(call.Site, AppearanceSetting.FeedbackUrl),
            AppForum = Text(call.Site, AppearanceSetting.ForumUrl),
        },
        "vas" => new SiteConfig { PointEnabled = false, AnonymousPurchase = false, ShopNavEnabled = false },
        _ => Basic(call),
    };

    private static SiteConfig Basic(ApiCall call) => new()
    {
        InstanceId = Text(call.Site, SiteSetting.SiteId),
        Title = Text(call.Site, SiteSetting.SiteName),
        Themes = Text(call.Site, SiteSetting.ThemeOptions),
        DefaultTheme = Text(call.Site, SiteSetting.DefaultTheme),
        User = UserResponse.Of(call),
        Logo = Text(call.Site, SiteSetting.Logo),
        LogoLight = Text(call.Site, SiteSetting.LogoLight),
        CaptchaType = Text(call.Site, CaptchaSetting.Type),
        TurnstileSiteId = Text(call.Site, CaptchaSetting.TurnstileKey),
        RecaptchaKey = Text(call.Site, CaptchaSetting.RecaptchaKey),
        CaptchaCapInstanceUrl = Text(call.Site, CaptchaSetting.CapInstance),
        CaptchaCapSiteKey = Text(call.Site, CaptchaSetting.CapKey),
        CaptchaCapAssetServer = Text(call.Site, CaptchaSetting.CapAssets),
        AppPromotion = call.Site.Get(SiteSetting.ShowAppPromotion),
        CustomNavItems = ReadList<NavItem>(call.Site, SiteSetting.CustomNavItems),
        CustomHtml = ReadCustomHtml(call.Site),
        SiteNotice = Text(call.Site, AppearanceSetting.Notice),
    };

    private static SiteConfig Login(SiteSettings site, bool offersCaptcha) => new()
    {
        LoginCaptcha = offersCaptcha || site.Get(CaptchaSetting.OnLogin),
        RegCaptcha = site.Get(CaptchaSetting.OnSignUp),
        ForgetCaptcha = site.Get(CaptchaSetting.OnReset),
        AbuseReportCaptcha = site.Get(CaptchaSetting.OnAbuseReport),
        Authn = site.Get(AccountSetting.PasskeysEnabled),
        RegisterEnabled = site.Get(AccountSetting.RegisterEnabled),
        QqEnabled = OpenIdSignIn.IsEnabled(site, OpenIdProvider.Qq),
        SsoEnabled = OpenIdSignIn.IsEnabled(site, OpenIdProvider.Logto),
        SsoDisplayName = Text(site, OpenIdSetting.LogtoName),
        SsoIcon = Text(site, OpenIdSetting.LogtoIcon),
        OidcEnabled = OpenIdSignIn.IsEnabled(site, OpenIdProvider.Oidc),
        OidcDisplayName = Text(site, OpenIdSetting.OidcName),
        OidcIcon = Text(site, OpenIdSetting.OidcIcon),
        TosUrl = Text(site, SiteSetting.TermsUrl),
        PrivacyPolicyUrl = Text(site, SiteSetting.PrivacyUrl),
    };

    private static SiteConfig Explorer(SiteSettings site) => new()
    {
        MaxBatchSize = site.Get(SiteSetting.MaxBatchedFiles),
        FileViewers = ViewerCatalog.GroupsForClients(site),
        DefaultViewerMapping = ViewerCatalog.Defaults(site),
        Icons = Text(site, SiteSetting.ExplorerIcons),
        MapProvider = Text(site, SiteSetting.MapProvider),
        GoogleMapTileType = Text(site, SiteSetting.MapGoogleTileType),
        MapboxAk = Text(site, SiteSetting.MapMapboxToken),
        ThumbnailWidth = site.Get(SiteSetting.ThumbnailWidth),
        ThumbnailHeight = site.Get(SiteSetting.ThumbnailHeight),
        CustomProps = ReadList<JsonElement>(site, SiteSetting.CustomProperties)?.Where(property => CustomProperty.Parse(property) is not null).ToList(),
        ShowEncryptionStatus = site.Get(SiteSetting.ShowEncryptionStatus),
        FullTextSearch = FullTextIndexing.IsEnabled(site),
    };

    private static string? Text(SiteSettings site, Setting<string> setting) => site.Get(setting) is { Length: > 0 } text ? text : null;

    private static IReadOnlyList<T>? ReadList<T>(SiteSettings site, Setting<string> setting)
    {
        try
        {
            return JsonSerializer.Deserialize<IReadOnlyList<T>>(site.Get(setting), ApiJson.Options) is { Count: > 0 } items ? items : null;
        }
        catch (JsonException)
        {
            // A mistake in the setting hides the entries, not the page.
            return null;
        }
    }

    private static CustomHtml? ReadCustomHtml(SiteSettings site)
    {
        var html = new CustomHtml(
            Text(site, SiteSetting.HeadlessFooterHtml), Text(site, SiteSetting.HeadlessBottomHtml), Text(site, SiteSetting.SidebarBottomHtml));
        return html is (null, null, null) ? null : html;
    }
}
