using System.Text.Json;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;

namespace Cloudreve.Functions.Api.Admin.Nodes;

/// <summary>Settings of a node's downloads from other sites (contract, section 22). Asterisks take the place of secrets.</summary>
internal sealed record AdminNodeSettings
{
    public string? Provider { get; init; }

    public AdminAria2Settings? Aria2 { get; init; }

    public AdminQbittorrentSettings? Qbittorrent { get; init; }

    /// <summary>Seconds between two checks of a download. The dashboard's form cannot be saved without it.</summary>
    public required int Interval { get; init; }

    public bool? WaitForSeeding { get; init; }

    /// <summary>Shapes settings.</summary>
    /// <param name="settings">The settings.</param>
    public static AdminNodeSettings Of(NodeSettings settings) => new()
    {
        Provider = settings.Provider,
        Aria2 = settings.Aria2 is { } aria2 ? new AdminAria2Settings(aria2.Server, Hide(aria2.Token), aria2.Options, aria2.TempPath) : null,
        Qbittorrent = settings.Qbittorrent is { } qbittorrent
            ? new AdminQbittorrentSettings(qbittorrent.Server, qbittorrent.User, Hide(qbittorrent.Password), qbittorrent.Options, qbittorrent.TempPath)
            : null,
        Interval = settings.PollInterval,
        WaitForSeeding = settings.WaitForSeeding ? true : null,
    };

    private static string Hide(string secret) => secret.Length > 0 ? PolicyDraft.HiddenSecret : "";
}

/// <summary>Access to aria2.</summary>
internal sealed record AdminAria2Settings(string Server, string Token, IReadOnlyDictionary<string, JsonElement>? Options, string TempPath);

/// <summary>Access to qBittorrent.</summary>
internal sealed record AdminQbittorrentSettings(
    string Server, string User, string Password, IReadOnlyDictionary<string, JsonElement>? Options, string TempPath);
