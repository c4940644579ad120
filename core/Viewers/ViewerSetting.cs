using System.Text.Json;
using Cloudreve.Core.Settings;

namespace Cloudreve.Core.Viewers;

/// <summary>The settings of viewers (contract, sections 16 and 24).</summary>
public static class ViewerSetting
{
    /// <summary>The viewers as JSON: a list of groups.</summary>
    public static readonly Setting<string> Viewers = Setting.Text(
        "file_viewers", JsonSerializer.Serialize([new ViewerGroup(Core.Viewers.DefaultViewers.All)], ViewerJson.Default.IReadOnlyListViewerGroup));

    /// <summary>The default viewers as JSON: extension to viewer id.</summary>
    public static readonly Setting<string> DefaultViewers = Setting.Text(
        "viewer_default_apps", """{"md":"markdown","drawio":"drawio","txt":"monaco","json":"monaco","xml":"monaco","svg":"image"}""");

    /// <summary>How long a viewer may work on a file.</summary>
    public static readonly Setting<TimeSpan> SessionLifetime = Setting.Seconds("viewer_session_timeout", 36_000);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Viewers, DefaultViewers, SessionLifetime];
}
