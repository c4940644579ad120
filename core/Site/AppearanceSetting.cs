using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Site;

/// <summary>The settings of the web app's page and its manifest; keys are the contract's (sections 21 and 24).</summary>
public static class AppearanceSetting
{
    /// <summary>The description of the site.</summary>
    public static readonly Setting<string> Description = Setting.Text("siteDes", "Files in one place");

    /// <summary>The operator's own script for the page.</summary>
    public static readonly Setting<string> Script = Setting.Text("siteScript");

    /// <summary>Icon of 64 pixels and less.</summary>
    public static readonly Setting<string> SmallIcon = Setting.Text("pwa_small_icon", "/static/img/favicon.ico");

    /// <summary>Icon of 192 pixels.</summary>
    public static readonly Setting<string> MediumIcon = Setting.Text("pwa_medium_icon", "/static/img/logo192.png");

    /// <summary>Icon of 512 pixels.</summary>
    public static readonly Setting<string> LargeIcon = Setting.Text("pwa_large_icon", "/static/img/logo512.png");

    /// <summary>The display mode of the installed app.</summary>
    public static readonly Setting<string> Display = Setting.Text("pwa_display", "standalone");

    /// <summary>Colour of the installed app's frame; empty for the theme's.</summary>
    public static readonly Setting<string> ThemeColor = Setting.Text("pwa_theme_color", "#000000");

    /// <summary>Colour of the installed app while it starts.</summary>
    public static readonly Setting<string> BackgroundColor = Setting.Text("pwa_background_color", "#ffffff");

    /// <summary>The notice that clients show to everybody; empty for none.</summary>
    public static readonly Setting<string> Notice = Setting.Text("site_notice");

    /// <summary>The address at which users of the apps send feedback.</summary>
    public static readonly Setting<string> FeedbackUrl = Setting.Text("app_feedback");

    /// <summary>The address of the forum for users of the apps.</summary>
    public static readonly Setting<string> ForumUrl = Setting.Text("app_forum");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Description, Script, SmallIcon, MediumIcon, LargeIcon, Display, ThemeColor, BackgroundColor, Notice, FeedbackUrl, ForumUrl,
    ];
}
