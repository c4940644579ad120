using System.Xml;
using System.Xml.Linq;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>
/// Asks a WOPI server for its apps. The discovery document lists apps for each network zone, and for each app the address of its page
/// by action and extension.
/// </summary>
/// <param name="outgoing">Makes the client: administrators name the server, and the operator decides where the app may call.</param>
public sealed class WopiDiscovery(OutgoingHttp outgoing)
{
    private const int MaxDocument = 4 * 1024 * 1024;
    private const int MaxApps = 100;
    private const int MaxText = 2_000;

    private static readonly string[] s_actions = ["edit", "view"];
    private static readonly string[] s_zones = ["external-https", "external-http"];
    private readonly HttpClient _http = outgoing.CreateClient(new OutgoingLimits(TimeSpan.FromSeconds(10), MaxDocument, MaxRedirects: 3));

    /// <summary>Reads the viewers that a server offers.</summary>
    /// <param name="endpoint">The address of the discovery document.</param>
    /// <exception cref="CloudreveException">40001: there is no such document, or the operator does not allow the server.</exception>
    public async Task<ViewerGroup> ReadAsync(string endpoint, CancellationToken cancellationToken = default)
    {
        if (!IsPage(endpoint))
            throw new CloudreveException(ErrorCode.BadParameter, "The endpoint must be an http or https address.");
        try
        {
            using var answer = await _http.GetAsync(new Uri(endpoint), cancellationToken);
            if (!answer.IsSuccessStatusCode)
                throw new CloudreveException(ErrorCode.BadParameter, $"The WOPI server answered with status {(int)answer.StatusCode}.");
            await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var viewers = Parse(content);
            return viewers.Count > 0 ? new ViewerGroup(viewers) : throw new CloudreveException(ErrorCode.BadParameter, "The WOPI server offers no viewer.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var reason = e.InnerException is OutgoingRefusedException refused ? refused.Message : "Check its address and whether it runs.";
            throw new CloudreveException(ErrorCode.BadParameter, $"The WOPI server cannot be reached. {reason}", e);
        }
        catch (XmlException e)
        {
            throw new CloudreveException(ErrorCode.BadParameter, "The address does not lead to a WOPI discovery document.", e);
        }
    }

    private static List<Viewer> Parse(Stream content)
    {
        using var reader = XmlReader.Create(content, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MaxDocument,
        });
        var zones = XDocument.Load(reader).Descendants("net-zone").ToList();
        var zone = s_zones.Select(name => zones.Find(zone => (string?)zone.Attribute("name") == name)).FirstOrDefault(zone => zone is not null)
            ?? zones.FirstOrDefault();
        return [.. (zone?.Elements("app") ?? []).Select(Read).OfType<Viewer>().Take(MaxApps)];
    }

    /// <summary>An app as a viewer; null for one that opens no files, such as those that list a server's capabilities.</summary>
    private static Viewer? Read(XElement app)
    {
        var actions = app.Elements("action")
            .Select(action => (
                Name: (string?)action.Attribute("name") ?? "",
                Extension: ((string?)action.Attribute("ext") ?? "").ToLowerInvariant(),
                Page: (string?)action.Attribute("urlsrc") ?? ""))
            .Where(action => s_actions.Contains(action.Name) && action.Extension.Length > 0 && IsPage(action.Page))
            .GroupBy(action => action.Extension, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                IReadOnlyDictionary<string, string> (group) => group.DistinctBy(action => action.Name).ToDictionary(action => action.Name, action => action.Page));
        var icon = (string?)app.Attribute("favIconUrl");
        return actions.Count == 0 ? null : new Viewer
        {
            Id = Guid.NewGuid().ToString("D"),
            Type = Viewer.Wopi,
            DisplayName = (string?)app.Attribute("name") is { Length: > 0 and <= MaxText } name ? name : "WOPI",
            Exts = [.. actions.Keys],
            Icon = icon is not null && IsPage(icon) ? icon : null,
            WopiActions = actions,
        };
    }

    private static bool IsPage(string address) =>
        address.Length <= MaxText && Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);
}
