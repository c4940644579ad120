using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>The viewers that the site has.</summary>
public static class ViewerCatalog
{
    /// <summary>All viewers by group, the disabled ones included. A mistake in the setting disables the viewers, not the page.</summary>
    public static IReadOnlyList<ViewerGroup> Groups(SiteSettings site) => ParseGroups(site.Get(ViewerSetting.Viewers)) ?? [];

    /// <summary>All viewers as clients may know them: without what only the server needs.</summary>
    public static IReadOnlyList<ViewerGroup> GroupsForClients(SiteSettings site) =>
        [.. Groups(site).Select(group => new ViewerGroup([.. group.Viewers.Select(viewer => viewer with { WopiActions = null })]))];

    /// <summary>A viewer that can be opened; null when there is none of that id.</summary>
    /// <param name="id">The viewer.</param>
    public static Viewer? Find(SiteSettings site, string id) =>
        Groups(site).SelectMany(group => group.Viewers).FirstOrDefault(viewer => viewer.Id == id && viewer.Disabled != true);

    /// <summary>The default viewer of each extension, which people may override; empty for none.</summary>
    public static IReadOnlyDictionary<string, string> Defaults(SiteSettings site) =>
        ParseDefaults(site.Get(ViewerSetting.DefaultViewers)) ?? new Dictionary<string, string>();

    /// <summary>Reads groups of viewers; null when the text is invalid.</summary>
    internal static IReadOnlyList<ViewerGroup>? ParseGroups(string text) => Parse(text, ViewerJson.Default.IReadOnlyListViewerGroup);

    /// <summary>Reads the default viewers by extension; null when the text is invalid.</summary>
    internal static IReadOnlyDictionary<string, string>? ParseDefaults(string text) => Parse(text, ViewerJson.Default.IReadOnlyDictionaryStringString);

    private static T? Parse<T>(string text, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
