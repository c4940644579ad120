using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;

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
    /// <returns>The answer; null when there is no such thing.</returns>
    public Task<string?> GetAsync(string page, CancellationToken cancellationToken) => SendAsync(page, static () => null, cancellationToken);

    /// <summary>Reads a page of JSON; null when there is no such thing.</summary>
    /// <param name="page">The page, with its query.</param>
    /// <exception cref="RetryLaterException">It is something else.</exception>
    public async Task<JsonElement?> GetJsonAsync(string page, CancellationToken cancellationToken)
    {
        if (await GetAsync(page, cancellationToken) is not { } text)
            return null;
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException e)
        {
            throw NotOne(e);
        }
    }

    /// <summary>Sends a form.</summary>
    /// <param name="page">The page.</param>
    /// <param name="form">The fields.</param>
    /// <returns>The answer; null when there is no such thing.</returns>
    public Task<string?> PostAsync(string page, IReadOnlyDictionary<string, string> form, CancellationToken cancellationToken) =>
        SendAsync(page, () => new FormUrlEncodedContent(form), cancellationToken);

    /// <summary>Sends content.</summary>
    /// <param name="page">The page.</param>
    /// <param name="content">Makes the content, anew if it has to be sent again.</param>
    /// <returns>The answer; null when there is no such thing.</returns>
    public async Task<string?> SendAsync(string page, Func<HttpContent?> content, CancellationToken cancellationToken)
    {
        if (sessions.TryGetValue(Key, out var session))
        {
            var (status, text) = await SendOnceAsync(page, content(), session, cancellationToken);
            if (status != HttpStatusCode.Forbidden)
                return Read(status, text);
        }
        session = await SignInAsync(cancellationToken);
        var (last, answer) = await SendOnceAsync(page, content(), session, cancellationToken);
        return Read(last, answer);
    }

    private async Task<string> SignInAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, AddressOf("auth/login"))
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["username"] = settings.User, ["password"] = settings.Password }),
        };
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Forbidden)
            throw new CloudreveException(ErrorCode.BadParameter, "qBittorrent has locked this site out after too many failed sign-ins. Try again later.");
        if (response.StatusCode is HttpStatusCode.Unauthorized || await response.Content.ReadAsStringAsync(cancellationToken) == "Fails.")
            throw new CloudreveException(ErrorCode.BadParameter, "qBittorrent refuses the user name or the password.");
        if (!response.IsSuccessStatusCode)
            throw NotOne();
        // There is no session where qBittorrent trusts the address of the site.
        var cookie = response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.First().Split(';')[0] : "";
        sessions[Key] = cookie;
        return cookie;
    }

    private async Task<(HttpStatusCode Status, string Text)> SendOnceAsync(string page, HttpContent? content, string session, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(content is null ? HttpMethod.Get : HttpMethod.Post, AddressOf(page)) { Content = content };
        if (session.Length > 0)
            request.Headers.TryAddWithoutValidation("Cookie", session);
        using var response = await http.SendAsync(request, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private static string? Read(HttpStatusCode status, string text) => (int)status switch
    {
        >= 200 and < 300 => text,
        404 => null,
        409 or 415 => throw new CloudreveException(ErrorCode.UnsetError, "The downloader refuses the download."),
        _ => throw NotOne(),
    };

    private Uri AddressOf(string page) => DownloaderHttp.AddressOf(settings.Server, Prefix + page);

    private static RetryLaterException NotOne(Exception? reason = null) => new("The address of the downloader does not lead to qBittorrent.", reason);
}
