using System.Collections.Concurrent;
using System.Collections.Specialized;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Web;

namespace Cloudreve.Testing.Downloads;

/// <summary>
/// Answers like qBittorrent 5.2 by its published list of changes to the web interface: statuses 202, 204, 401 and 409, a cookie that is named after the port,
/// counts of what was added, "stopped" instead of "paused". The program itself is not part of Debian yet.
/// </summary>
public sealed class QbittorrentDouble(Torrent torrent) : DownloaderDouble(torrent)
{
    public const string User = "admin";

    public const string Password = "a password";

    private const string Cookie = "QBT_SID_8080";

    private readonly ConcurrentDictionary<string, string> _folders = new();
    private string _session = Guid.NewGuid().ToString("N");

    /// <summary>The torrents that it has.</summary>
    public int Count => _folders.Count;

    /// <summary>The state that it reports.</summary>
    public string State { get; set; } = "stoppedUP";

    /// <summary>The hash that it reports.</summary>
    public string? Hash { get; set; }

    /// <summary>The pages that were called, with the fields that were sent.</summary>
    public ConcurrentQueue<(string Page, string Body)> Calls { get; } = new();

    /// <summary>Answers of pages instead of its own.</summary>
    public ConcurrentDictionary<string, (int Status, string Text)> Answers { get; } = new();

    /// <summary>Forgets who is signed in.</summary>
    public void EndSessions() => _session = Guid.NewGuid().ToString("N");

    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
        var (page, body) = (context.Request.Url!.AbsolutePath["/api/v2/".Length..], await reader.ReadToEndAsync());
        Calls.Enqueue((page, body));
        var (status, text) = Answers.TryGetValue(page, out var other) ? other
            : page == "auth/login" ? SignIn(HttpUtility.ParseQueryString(body), context.Response)
            : context.Request.Cookies[Cookie]?.Value != _session ? (403, "Forbidden")
            : Answer(page, body);
        context.Response.StatusCode = status;
        if (status == 204)
            return;
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    private (int Status, string Text) SignIn(NameValueCollection form, HttpListenerResponse response)
    {
        if (form["username"] != User || form["password"] != Password)
            return (401, "");
        response.Headers["Set-Cookie"] = $"{Cookie}={_session}; HttpOnly; SameSite=Strict; path=/";
        return (204, "");
    }

    private (int Status, string Text) Answer(string page, string body) => page switch
    {
        "app/version" => (200, "v5.2.1"),
        "torrents/info" => (200, JsonSerializer.Serialize(_folders.Select(Describe))),
        "torrents/files" => (200, JsonSerializer.Serialize(Torrent.Files.Select((file, index) =>
            new { index, name = $"{Torrent.Name}/{file.Name}", size = file.Content.Length, progress = 1, priority = 1 }))),
        "torrents/pieceStates" => (200, "[2,2]"),
        "torrents/add" => Add(body),
        "torrents/delete" => Delete(HttpUtility.ParseQueryString(body)["hashes"]),
        "torrents/filePrio" or "torrents/deleteTags" => (204, ""),
        _ => (404, "Endpoint does not exist"),
    };

    private (int Status, string Text) Add(string body)
    {
        var (tag, folder) = (FieldOf(body, "tags"), FieldOf(body, "savepath"));
        if (!_folders.IsEmpty)
            return (409, """{"added_torrent_ids":[],"failure_count":1,"pending_count":0,"success_count":0}""");
        _folders[tag] = folder;
        Download(folder);
        return (202, """{"added_torrent_ids":[],"failure_count":0,"pending_count":1,"success_count":0}""");
    }

    private (int Status, string Text) Delete(string? hashes)
    {
        if (hashes is "all" || hashes == Torrent.Hash)
            _folders.Clear();
        return (204, "");
    }

    private object Describe(KeyValuePair<string, string> torrent) => new
    {
        hash = Hash ?? Torrent.Hash,
        name = Torrent.Name,
        state = State,
        tags = "others, " + torrent.Key,
        save_path = torrent.Value,
        dlspeed = 0,
        uploaded = 0,
        upspeed = 0,
    };

    /// <summary>A field of a form in parts.</summary>
    private static string FieldOf(string body, string name)
    {
        var part = body.Split("\r\n--").Single(part => part.Contains($"name={name}\r\n", StringComparison.Ordinal) || part.Contains($"name=\"{name}\"\r\n", StringComparison.Ordinal));
        return part[(part.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }
}
