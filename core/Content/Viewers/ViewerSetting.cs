using System.Text.Json;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>The settings of viewers (contract, sections 16 and 24).</summary>
public static class ViewerSetting
{
    /// <summary>The viewers as JSON: a list of groups.</summary>
    public static readonly Setting<string> Viewers = Setting.Json(
        "file_viewers", JsonSerializer.Serialize([new ViewerGroup(Content.Viewers.DefaultViewers.All)], ViewerJson.Default.IReadOnlyListViewerGroup),
        text => ViewerCatalog.ParseGroups(text) is not null);

    /// <summary>The default viewers as JSON: extension to viewer id.</summary>
    public static readonly Setting<string> DefaultViewers = Setting.Json(
        "viewer_default_apps", """{"md":"markdown","drawio":"drawio","txt":"monaco","json":"monaco","xml":"monaco","svg":"image"}""",
        text => ViewerCatalog.ParseDefaults(text) is not null);

    /// <summary>The time that a viewer may work on a file.</summary>
    public static readonly Setting<TimeSpan> SessionLifetime = Setting.Seconds("viewer_session_timeout", 36_000);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Viewers, DefaultViewers, SessionLifetime];
}
