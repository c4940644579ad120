using System.Collections.Concurrent;
using System.Text.Json;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>The programs that download torrents: those that nodes name.</summary>
public sealed class DownloaderCatalog
{
    private readonly SiteCatalog _catalog;
    private readonly DownloaderHttp _http;
    private readonly ILogger<DownloaderCatalog> _logger;
    private readonly ConcurrentDictionary<(string Server, string User, string Password), string> _sessions = new();

    /// <summary>Creates the catalog; calls nobody yet.</summary>
    /// <param name="catalog">The nodes.</param>
    /// <param name="outgoing">Makes calls: administrators name the programs' addresses, and the operator decides where the site may call.</param>
    /// <param name="logger">Receives what users are not told.</param>
    public DownloaderCatalog(SiteCatalog catalog, OutgoingHttp outgoing, ILogger<DownloaderCatalog> logger) =>
        (_catalog, _http, _logger) = (catalog, new DownloaderHttp(outgoing), logger);

    /// <summary>Calls a program with settings that need not be stored.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>Its version.</returns>
    /// <exception cref="CloudreveException">40001: the settings name no program, it refuses, or does not respond.</exception>
    public async Task<string> TestAsync(NodeSettings settings, CancellationToken cancellationToken = default)
    {
        var downloader = Create(settings, null) ?? throw new CloudreveException(ErrorCode.BadParameter, "Enter the downloader's address.");
        try
        {
            return await downloader.GetVersionAsync(cancellationToken);
        }
        catch (RetryLaterException e)
        {
            throw new CloudreveException(ErrorCode.BadParameter, $"{e.Message} Check its address and whether it runs.", e);
        }
    }

    /// <summary>The node's program, for new downloads and those under way. No transaction but for reading the nodes now and then.</summary>
    /// <param name="group">The group of the downloads' owner.</param>
    /// <returns>The program with its node's settings.</returns>
    /// <exception cref="CloudreveException">40019: no node has one, or its remote download is switched off.</exception>
    internal async Task<(IDownloader Downloader, NodeSettings Settings)> GetAsync(Group group, CancellationToken cancellationToken) =>
        await _catalog.GetNodeAsync(Node.MasterId, cancellationToken) is { IsActive: true } node && node.Has(NodeFeature.RemoteDownload)
        && Create(node.Settings, group.Settings.RemoteDownloadOptions) is { } downloader
            ? (downloader, node.Settings)
            : throw new CloudreveException(ErrorCode.FeatureDisabled, "Torrents cannot be downloaded: no downloader is configured.");

    /// <summary>The node's program, for the end of downloads; null when it has none.</summary>
    internal async Task<IDownloader?> FindAsync(CancellationToken cancellationToken) =>
        Create((await _catalog.GetNodeAsync(Node.MasterId, cancellationToken)).Settings, null);

    private IDownloader? Create(NodeSettings settings, IReadOnlyDictionary<string, JsonElement>? options) => settings switch
    {
        { Provider: null or NodeSettings.Aria2Provider, Aria2: { Server.Length: > 0 } aria2 } =>
            new Aria2Downloader(_http, aria2, DownloaderOptions.Merge(aria2.Options, options), _logger),
        { Provider: NodeSettings.QbittorrentProvider, Qbittorrent: { Server.Length: > 0 } qbittorrent } => new QbittorrentDownloader(
            new QbittorrentApi(_http, qbittorrent, _sessions), qbittorrent.TempPath, DownloaderOptions.Merge(qbittorrent.Options, options)),
        _ => null,
    };
}
