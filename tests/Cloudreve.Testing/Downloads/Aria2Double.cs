using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Cloudreve.Testing.Downloads;

/// <summary>Answers like aria2.</summary>
public sealed class Aria2Double(Torrent torrent) : DownloaderDouble(torrent)
{
    private readonly ConcurrentDictionary<string, string> _folders = new();

    /// <summary>The downloads that it has.</summary>
    public int Count => _folders.Count;

    /// <summary>The methods that were called, and what they were called for.</summary>
    public ConcurrentQueue<(string Method, string Gid)> Calls { get; } = new();

    /// <summary>Changes the next answers of a method.</summary>
    public Func<string, object, object>? Change { get; set; }

    protected override async Task AnswerAsync(HttpListenerContext context)
    {
        var call = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.InputStream);
        var method = call.GetProperty("method").GetString()!;
        var answer = Answer(method, [.. call.GetProperty("params").EnumerateArray()]);
        await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Change?.Invoke(method, answer) ?? answer));
    }

    private object Answer(string method, JsonElement[] parameters)
    {
        if (method == "aria2.getVersion")
            return new { result = new { version = "1.37.0" } };
        if (method is "aria2.tellActive" or "aria2.tellWaiting" or "aria2.tellStopped")
            return new { result = method == "aria2.tellStopped" ? _folders.Select(download => new { gid = download.Key, dir = download.Value }).ToArray() : [] };
        if (method == "aria2.addTorrent")
            return Add(parameters[2].GetProperty("gid").GetString()!, parameters[2].GetProperty("dir").GetString()!);
        var gid = parameters[0].GetString()!;
        Calls.Enqueue((method, gid));
        if (!_folders.TryGetValue(gid, out var folder))
            return Error($"GID {gid} is not found");
        if (method == "aria2.removeDownloadResult")
            _folders.TryRemove(gid, out _);
        return new { result = method == "aria2.tellStatus" ? Describe(gid, folder) : "OK" };
    }

    private object Add(string gid, string folder)
    {
        if (!_folders.TryAdd(gid, folder))
            return Error($"GID {gid} is not unique.");
        Download(folder);
        return new { result = gid };
    }

    private object Describe(string gid, string folder) => new
    {
        gid,
        dir = folder,
        status = "complete",
        bittorrent = new { info = new { name = Torrent.Name } },
        files = Torrent.Files.Select((file, i) => new
        {
            index = (i + 1).ToString(CultureInfo.InvariantCulture),
            path = Path.Combine(folder, Torrent.Name, file.Name),
            length = file.Content.Length.ToString(CultureInfo.InvariantCulture),
            completedLength = file.Content.Length.ToString(CultureInfo.InvariantCulture),
        }),
    };

    private static object Error(string message) => new { error = new { code = 1, message } };
}
