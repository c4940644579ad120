using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Downloads;

/// <summary>Answers like aria2, and has all of a torrent as soon as it is added: for tests that repeat a download many times.</summary>
public sealed class Aria2Double : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Torrent _torrent;
    private readonly ConcurrentDictionary<string, string> _folders = new();
    private readonly Task _running;

    public Aria2Double(Torrent torrent)
    {
        _torrent = torrent;
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{AzuriteServer.FreePort()}/");
        _listener.Prefixes.Add(Address);
        _listener.Start();
        _running = RunAsync();
    }

    public string Address { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("aria2").FullName;

    /// <summary>The downloads that it has.</summary>
    public int Count => _folders.Count;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var call = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.InputStream);
                var answer = Answer(call.GetProperty("method").GetString()!, [.. call.GetProperty("params").EnumerateArray()]);
                await context.Response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                if (!_listener.IsListening)
                    return;
            }
        }
    }

    private object Answer(string method, JsonElement[] parameters)
    {
        if (method == "aria2.addTorrent")
            return Add(parameters[2].GetProperty("gid").GetString()!, parameters[2].GetProperty("dir").GetString()!);
        var gid = parameters[0].GetString()!;
        if (!_folders.TryGetValue(gid, out var folder))
            return Error($"GID {gid} is not found");
        if (method == "aria2.removeDownloadResult")
            _folders.TryRemove(gid, out _);
        return new { result = method == "aria2.tellStatus" ? Describe(folder) : "OK" };
    }

    private object Add(string gid, string folder)
    {
        if (!_folders.TryAdd(gid, folder))
            return Error($"GID {gid} is not unique.");
        foreach (var (name, content) in _torrent.Files)
        {
            var path = Path.Combine(folder, _torrent.Name, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
        return new { result = gid };
    }

    private object Describe(string folder) => new
    {
        status = "complete",
        bittorrent = new { info = new { name = _torrent.Name } },
        files = _torrent.Files.Select((file, i) => new
        {
            index = (i + 1).ToString(CultureInfo.InvariantCulture),
            path = Path.Combine(folder, _torrent.Name, file.Name),
            length = file.Content.Length.ToString(CultureInfo.InvariantCulture),
            completedLength = file.Content.Length.ToString(CultureInfo.InvariantCulture),
        }),
    };

    private static object Error(string message) => new { error = new { code = 1, message } };
}
