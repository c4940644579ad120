using System.Text.Json;
using Cloudreve.Core.Settings;

namespace Cloudreve.Core.Viewers;

/// <summary>The viewers that the site has.</summary>
public static class ViewerCatalog
{
    /// <summary>All viewers by group, the disabled ones included. A slip in the setting costs the viewers, not the page.</summary>
    /// <param name="site">The site's settings.</param>
    public static IReadOnlyList<ViewerGroup> Groups(SiteSettings site)
    {
        try
        {
            return JsonSerializer.Deserialize(site.Get(ViewerSetting.Viewers), ViewerJson.Default.IReadOnlyListViewerGroup) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>All viewers as clients may know them: without what only the server needs.</summary>
    /// <param name="site">The site's settings.</param>
    public static IReadOnlyList<ViewerGroup> GroupsForClients(SiteSettings site) =>
        [.. Groups(site).Select(group => new ViewerGroup([.. group.Viewers.Select(viewer => viewer with { WopiActions = null })]))];

    /// <summary>A viewer that can be opened; null when there is none of that id.</summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="id">The viewer.</param>
    public static Viewer? Find(SiteSettings site, string id) =>
        Groups(site).SelectMany(group => group.Viewers).FirstOrDefault(viewer => viewer.Id == id && viewer.Disabled != true);

    /// <summary>Which viewer opens an extension unless people choose another; empty for none.</summary>
    /// <param name="site">The site's settings.</param>
    public static IReadOnlyDictionary<string, string> Defaults(SiteSettings site)
    {
        try
        {
            return JsonSerializer.Deserialize(site.Get(ViewerSetting.DefaultViewers), ViewerJson.Default.IReadOnlyDictionaryStringString)
                ?? new Dictionary<string, string>();
        }
        catch (JsonException)
        {
            return new Dictionary<string, string>();
        }
    }
}
