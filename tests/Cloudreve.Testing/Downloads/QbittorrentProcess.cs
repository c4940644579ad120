using System.Globalization;
using System.Text.Json;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Downloads;

/// <summary>qBittorrent, which knows peers from trackers alone.</summary>
public sealed class QbittorrentProcess : DownloaderProcess
{
    public const string User = "admin";

    public const string Password = "adminadmin";

    // The salt and the key that PBKDF2 derives from the password, as qBittorrent stores them.
    private const string StoredPassword = "@ByteArray(ARQ77eY1NUZaQsuDHbIMCA==:0WMRkYTUWVT9wVvdDtHAjU9b3b7uB8NR1Gur2hmQCvCDpm39Q+PsJRJPaCU51dEiz+dTzh8qbPsL8WkFljQYFQ==)";

    private readonly int _port = AzuriteServer.FreePort();

    public QbittorrentProcess()
    {
        Profile = Path.Combine(Folder, "profile");
        Downloads = Path.Combine(Folder, "downloads");
        Directory.CreateDirectory(Downloads);
        var config = Path.Combine(Profile, "qBittorrent", "config");
        Directory.CreateDirectory(config);
        File.WriteAllText(
            Path.Combine(config, "qBittorrent.conf"),
            $"""
            [LegalNotice]
            Accepted=true
            [BitTorrent]
            Session\DHTEnabled=false
            Session\LSDEnabled=false
            Session\PeXEnabled=false
            Session\AddExtensionToIncompleteFiles=true
            Session\TempPathEnabled=true
            Session\TempPath={Path.Combine(Folder, "unfinished")}
            Session\InterfaceAddress=127.0.0.1
            Session\Port={Text(AzuriteServer.FreePort())}
            [Network]
            PortForwardingEnabled=false
            [Preferences]
            WebUI\Address=127.0.0.1
            WebUI\LocalHostAuth=true
            WebUI\Username={User}
            WebUI\Password_PBKDF2="{StoredPassword}"
            """);
        Start();
    }

    /// <summary>The folder for downloads.</summary>
    public string Downloads { get; }

    public override string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}/");

    private string Profile { get; }

    /// <summary>Starts it again, with what it had before.</summary>
    public void Start() => Start("qbittorrent-nox", ["--profile=" + Profile, "--webui-port=" + Text(_port)]);

    /// <summary>The torrents that it has.</summary>
    public async Task<int> CountAsync()
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["username"] = User, ["password"] = Password });
        using var signedIn = await http.PostAsync(new Uri(Address + "api/v2/auth/login"), form);
        return JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(new Uri(Address + "api/v2/torrents/info"))).GetArrayLength();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
