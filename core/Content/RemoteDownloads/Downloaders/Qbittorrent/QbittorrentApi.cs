using System.Collections.Concurrent;
using System.Net;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;

/// <summary>Calls the web interface of qBittorrent, signed in.</summary>
/// <param name="http">Makes the calls.</param>
/// <param name="settings">Access to qBittorrent.</param>
/// <param name="sessions">The sessions that were opened, by address, user and password.</param>
internal sealed class QbittorrentApi(
    DownloaderHttp http, QbittorrentSettings settings, ConcurrentDictionary<(string Server, string User, string Password), string> sessions)
{
    private const string Prefix = "api/v2/";

    private (string Server, string User, string Password) Key => (settings.Server, settings.User, settings.Password);

    /// <summary>Reads a page.</summary>
    /// <param name="page">The page, with its query.</param>
    public Task<QbittorrentAnswer> GetAsync(string page, CancellationToken cancellationToken) => SendAsync(page, static () => null, cancellationToken);

    /// <summary>Sends a form.</summary>
    /// <param name="page">The page.</param>
    /// <param name="form">The fields.</param>
    public Task<QbittorrentAnswer> PostAsync(string page, IReadOnlyDictionary<string, string> form, CancellationToken cancellationToken) =>
        SendAsync(page, () => new FormUrlEncodedContent(form), cancellationToken);

    /// <summary>Sends content.</summary>
    /// <param name="page">The page.</param>
    /// <param name="content">Makes the content, anew if it has to be sent again.</param>
    public async Task<QbittorrentAnswer> SendAsync(string page, Func<HttpContent?> content, CancellationToken cancellationToken)
    {
        if (sessions.TryGetValue(Key, out var session) && await SendOnceAsync(page, content(), session, cancellationToken) is var first
            && first.Status is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized))
            return first;
        return await SendOnceAsync(page, content(), await SignInAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Signs in. Releases before 5.2 refuse with a text, later ones with a status; they also answer without any text.</summary>
    private async Task<string> SignInAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf("auth/login"))
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["username"] = settings.User, ["password"] = settings.Password }),
        };
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Forbidden)
            throw new CloudreveException(ErrorCode.BadParameter, "qBittorrent has locked this site out after too many failed sign-ins. Try again later.");
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.StatusCode is HttpStatusCode.Unauthorized || text == QbittorrentAnswer.Fails)
            throw new CloudreveException(ErrorCode.BadParameter, "qBittorrent refuses the user name or the password.");
        if (!response.IsSuccessStatusCode || text is not ("" or QbittorrentAnswer.Ok))
            throw DownloaderAnswer.NotOne(QbittorrentAnswer.Program);
        // There is no session where qBittorrent trusts the address of the site. The cookie's name depends on the release: SID, QBT_SID_ and the port.
        var cookies = response.Headers.TryGetValues("Set-Cookie", out var set) ? set.Select(cookie => cookie.Split(';')[0]).ToList() : [];
        var session = cookies.Find(cookie => cookie.Split('=')[0].Contains("SID", StringComparison.Ordinal)) ?? cookies.FirstOrDefault() ?? "";
        sessions[Key] = session;
        return session;
    }

    private async Task<QbittorrentAnswer> SendOnceAsync(string page, HttpContent? content, string session, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, AddressOf(page)) { Content = content };
        if (session.Length > 0)
            request.Headers.TryAddWithoutValidation("Cookie", session);
        using var response = await http.SendAsync(request, cancellationToken);
        return new QbittorrentAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private Uri AddressOf(string page) => DownloaderHttp.AddressOf(settings.Server, Prefix + page);
}
