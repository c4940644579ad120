using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>Access to the program that has a download: the download can be removed there, whatever becomes of the node's settings.</summary>
/// <param name="Provider">The program.</param>
/// <param name="Server">Its address.</param>
/// <param name="User">The user name; empty for none.</param>
/// <param name="Secret">The secret, sealed if there is a key for it.</param>
/// <param name="SealedBy">The key; null for none.</param>
internal sealed record DownloaderAccess(string Provider, string Server, string User, string Secret, string? SealedBy)
{
    /// <summary>Access to the program that a node's settings name.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="id">The download, which the secret is sealed for.</param>
    /// <param name="keys">Seal the secret.</param>
    public static DownloaderAccess Of(NodeSettings settings, string id, SealingKeys keys)
    {
        var (open, secret) = Describe(settings);
        return keys.CurrentId is { } key && secret.Length > 0
            ? open with { Secret = keys.Seal(PurposeOf(id), secret), SealedBy = key }
            : open with { Secret = secret };
    }

    /// <summary>True if a node's settings name the same program, perhaps with a newer secret.</summary>
    public bool IsOf(NodeSettings settings) => Describe(settings).Open == this with { Secret = "", SealedBy = null };

    /// <summary>Settings of a node that has the program, without any options.</summary>
    /// <param name="id">The download that the secret was sealed for.</param>
    /// <param name="keys">Open the secret.</param>
    public NodeSettings ToSettings(string id, SealingKeys keys)
    {
        var secret = SealedBy is null ? Secret : keys.Open(SealedBy, PurposeOf(id), Secret);
        return Provider == NodeSettings.QbittorrentProvider
            ? new NodeSettings { Provider = Provider, Qbittorrent = new QbittorrentSettings { Server = Server, User = User, Password = secret } }
            : new NodeSettings { Provider = Provider, Aria2 = new Aria2Settings { Server = Server, Token = secret } };
    }

    private static (DownloaderAccess Open, string Secret) Describe(NodeSettings settings) => settings.Provider == NodeSettings.QbittorrentProvider
        ? (new DownloaderAccess(NodeSettings.QbittorrentProvider, settings.Qbittorrent?.Server ?? "", settings.Qbittorrent?.User ?? "", "", null), settings.Qbittorrent?.Password ?? "")
        : (new DownloaderAccess(NodeSettings.Aria2Provider, settings.Aria2?.Server ?? "", "", "", null), settings.Aria2?.Token ?? "");

    private static string PurposeOf(string id) => "download/" + id;
}
