using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.Core.Site;

/// <summary>How a node downloads torrents and magnet links (contract, section 22).</summary>
public sealed record NodeSettings
{
    /// <summary>The provider that is aria2.</summary>
    public const string Aria2Provider = "aria2";

    /// <summary>The provider that is qBittorrent.</summary>
    public const string QbittorrentProvider = "qbittorrent";

    private const int DefaultInterval = 5;

    /// <summary>The program that downloads; null for aria2.</summary>
    public string? Provider { get; init; }

    /// <summary>Access to aria2; null for none.</summary>
    public Aria2Settings? Aria2 { get; init; }

    /// <summary>Access to qBittorrent; null for none.</summary>
    public QbittorrentSettings? Qbittorrent { get; init; }

    /// <summary>Seconds between two checks of a download; 0 for the default.</summary>
    public int Interval { get; init; }

    /// <summary>True if downloads stay with the program until it has shared them enough.</summary>
    public bool WaitForSeeding { get; init; }

    /// <summary>Seconds between two checks of a download.</summary>
    [JsonIgnore]
    public int PollInterval => Interval > 0 ? Interval : DefaultInterval;
}

/// <summary>Access to aria2.</summary>
public sealed record Aria2Settings
{
    /// <summary>The address of its RPC server; empty for none.</summary>
    public string Server { get; init; } = "";

    /// <summary>Its RPC secret; empty for none.</summary>
    public string Token { get; init; } = "";

    /// <summary>Options of each download.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Options { get; init; }

    /// <summary>The folder for downloads, which the site reads, too; empty for one of the system's temporary files.</summary>
    public string TempPath { get; init; } = "";
}

/// <summary>Access to qBittorrent.</summary>
public sealed record QbittorrentSettings
{
    /// <summary>The address of its web interface; empty for none.</summary>
    public string Server { get; init; } = "";

    /// <summary>The user name.</summary>
    public string User { get; init; } = "";

    /// <summary>The password.</summary>
    public string Password { get; init; } = "";

    /// <summary>Options of each download.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Options { get; init; }

    /// <summary>The folder for downloads, which the site reads, too; empty for one of the system's temporary files.</summary>
    public string TempPath { get; init; } = "";
}
