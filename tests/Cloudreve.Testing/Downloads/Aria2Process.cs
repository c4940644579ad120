using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Downloads;

/// <summary>aria2, which knows peers from trackers alone.</summary>
public sealed class Aria2Process : DownloaderProcess
{
    public const string Token = "a secret";

    private readonly int _port = AzuriteServer.FreePort();
    private readonly HttpClient _http = new();

    private readonly string[] _arguments;

    public Aria2Process(params string[] arguments)
    {
        _arguments = arguments;
        Start();
    }

    /// <summary>The port for other peers.</summary>
    public int PeerPort { get; } = AzuriteServer.FreePort();

    public override string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/");

    /// <summary>Starts it again, without anything that it did before.</summary>
    public void Start() => Start(
        "aria2c",
        [
            "--no-conf", "--quiet", "--enable-rpc", "--rpc-listen-port=" + Text(_port), "--rpc-secret=" + Token, "--listen-port=" + Text(PeerPort),
            "--enable-dht=false", "--enable-dht6=false", "--disable-ipv6", "--enable-peer-exchange=false", "--bt-enable-lpd=false", "--dir=" + Folder,
            "--max-concurrent-downloads=100",
            .. _arguments,
        ]);

    /// <summary>Shares a torrent.</summary>
    public async Task SeedAsync(Torrent torrent, string tracker)
    {
        foreach (var (name, content) in torrent.Files)
        {
            var path = Path.Combine(Folder, torrent.Name, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, content);
        }
        var options = new Dictionary<string, string> { ["bt-seed-unverified"] = "true", ["seed-ratio"] = "0.0" };
        await CallAsync("addTorrent", Convert.ToBase64String(torrent.ToFile(tracker)), Array.Empty<string>(), options);
    }

    /// <summary>The number of downloads that it has, in any state.</summary>
    public async Task<int> CountAsync()
    {
        var (active, waiting, stopped) = (await CallAsync("tellActive"), await CallAsync("tellWaiting", 0, 100), await CallAsync("tellStopped", 0, 100));
        return active.GetArrayLength() + waiting.GetArrayLength() + stopped.GetArrayLength();
    }

    public async Task<JsonElement> CallAsync(string method, params object[] parameters)
    {
        var call = new { jsonrpc = "2.0", id = "1", method = "aria2." + method, @params = (object[])["token:" + Token, .. parameters] };
        // It takes no body in chunks.
        using var content = new StringContent(JsonSerializer.Serialize(call));
        using var response = await _http.PostAsync(new Uri(Address + "jsonrpc"), content);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException(answer.GetRawText());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
