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

    /// <summary>The program for a download that begins or is under way. No transaction but for reading the nodes now and then.</summary>
    /// <param name="group">The group of the download's owner.</param>
    /// <param name="id">The download.</param>
    /// <param name="begun">Where it began; null for the node's program.</param>
    /// <returns>The program with its node's settings.</returns>
    /// <exception cref="CloudreveException">40019: no node has one, or its remote download is switched off.</exception>
    internal async Task<(IDownloader Downloader, NodeSettings Settings)> GetAsync(Group group, string id, DownloaderAccess? begun, CancellationToken cancellationToken)
    {
        var node = await _catalog.GetNodeAsync(Node.MasterId, cancellationToken);
        if (!node.IsActive || !node.Has(NodeFeature.RemoteDownload) || Create(node.Settings, group.Settings.RemoteDownloadOptions) is not { } downloader)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Torrents cannot be downloaded: no downloader is configured.");
        return (begun is null || begun.IsOf(node.Settings) ? downloader : Create(begun.ToSettings(id, _catalog.Keys), null) ?? downloader, node.Settings);
    }

    /// <summary>The program that has a download, for its end; null when there is none any more.</summary>
    /// <param name="id">The download.</param>
    /// <param name="begun">Where it began; null for the node's program.</param>
    internal async Task<IDownloader?> FindAsync(string id, DownloaderAccess? begun, CancellationToken cancellationToken)
    {
        var settings = (await _catalog.GetNodeAsync(Node.MasterId, cancellationToken)).Settings;
        return Create(begun is null || begun.IsOf(settings) ? settings : begun.ToSettings(id, _catalog.Keys), null);
    }

    /// <summary>Access to the program of a node, for a download that begins there.</summary>
    /// <param name="settings">The node's settings.</param>
    /// <param name="id">The download.</param>
    internal DownloaderAccess AccessOf(NodeSettings settings, string id) => DownloaderAccess.Of(settings, id, _catalog.Keys);

    private IDownloader? Create(NodeSettings settings, IReadOnlyDictionary<string, JsonElement>? options) => settings switch
    {
        { Provider: null or NodeSettings.Aria2Provider, Aria2: { Server.Length: > 0 } aria2 } =>
            new Aria2Downloader(_http, aria2, DownloaderOptions.Merge(aria2.Options, options), _logger),
        { Provider: NodeSettings.QbittorrentProvider, Qbittorrent: { Server.Length: > 0 } qbittorrent } => new QbittorrentDownloader(
            new QbittorrentApi(_http, qbittorrent, _sessions), qbittorrent.TempPath, DownloaderOptions.Merge(qbittorrent.Options, options)),
        _ => null,
    };
}
