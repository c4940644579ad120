using System.Globalization;
using System.Net;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;

/// <summary>Downloads with qBittorrent 4.4 and later. The name of a download is a tag.</summary>
/// <param name="api">Makes calls.</param>
/// <param name="tempPath">The folder for downloads.</param>
/// <param name="options">Options of downloads.</param>
internal sealed class QbittorrentDownloader(QbittorrentApi api, string tempPath, IReadOnlyDictionary<string, string> options) : IDownloader
{
    private const int RemovalChecks = 50;

    private static readonly TimeSpan s_removalInterval = TimeSpan.FromMilliseconds(100);

    public string TempPath => tempPath;

    public async Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        DownloaderAnswer.ReadVersion(QbittorrentAnswer.Program, (await api.GetAsync("app/version", cancellationToken)).Require().Text);

    public async Task AddAsync(DownloadKey key, TorrentSource source, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync("torrents/add", () => FormOf(key, source), cancellationToken);
        // An earlier run may have added it a moment ago.
        if (!answer.ReadAdded() && await FindTorrentAsync(key, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.UnsetError, "The downloader refuses the download: it has the torrent already, or the torrent is damaged.");
    }

    public async Task<DownloadSnapshot?> FindAsync(DownloadKey key, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(key, cancellationToken) is not var (torrent, hash))
            return null;
        var files = (await api.GetAsync("torrents/files?hash=" + hash, cancellationToken)).ReadList();
        var pieces = (await api.GetAsync("torrents/pieceStates?hash=" + hash, cancellationToken)).ReadList();
        return files is null || pieces is null ? null : QbittorrentStatus.Read(torrent, files.Value, pieces.Value);
    }

    public async Task SelectAsync(DownloadKey key, IReadOnlyDictionary<int, bool> files, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(key, cancellationToken) is not var (_, hash))
            return;
        foreach (var choice in files.GroupBy(file => file.Value))
        {
            var form = new Dictionary<string, string>
            {
                ["hash"] = hash,
                ["id"] = string.Join('|', choice.Select(file => file.Key.ToString(CultureInfo.InvariantCulture))),
                ["priority"] = choice.Key ? "1" : "0",
            };
            var answer = await api.PostAsync("torrents/filePrio", form, cancellationToken);
            if (answer.Status == HttpStatusCode.Conflict)
                throw new RetryLaterException("The downloader cannot select files yet.");
            if (answer.Status != HttpStatusCode.NotFound)
                answer.Require();
        }
    }

    public async Task RemoveAsync(DownloadKey key, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(key, cancellationToken) is var (_, hash))
        {
            var form = new Dictionary<string, string> { ["hashes"] = hash, ["deleteFiles"] = "true" };
            (await api.PostAsync("torrents/delete", form, cancellationToken)).Require();
        }
        for (var i = 0; await FindTorrentAsync(key, cancellationToken) is not null; i++)
        {
            if (i == RemovalChecks)
                throw new RetryLaterException("The downloader does not end the download.");
            await Task.Delay(s_removalInterval, cancellationToken);
        }
        (await api.PostAsync("torrents/deleteTags", new Dictionary<string, string> { ["tags"] = TagOf(key) }, cancellationToken)).Require();
    }

    /// <summary>
    /// Finds the download by its tag. Releases before 4.4 list all torrents, whatever tag they are asked for. If somebody has given another torrent the
    /// tag, too, the folder decides: nothing else may be removed.
    /// </summary>
    private async Task<(JsonElement Torrent, string Hash)?> FindTorrentAsync(DownloadKey key, CancellationToken cancellationToken)
    {
        var list = (await api.GetAsync("torrents/info?tag=" + TagOf(key), cancellationToken)).Require().ReadList()!.Value;
        return DownloaderAnswer.Read(QbittorrentAnswer.Program, () =>
        {
            var tagged = list.EnumerateArray().Where(torrent => QbittorrentStatus.TagsOf(torrent).Contains(TagOf(key))).ToList();
            if (tagged.Count > 1)
                tagged = [.. tagged.Where(torrent => QbittorrentStatus.IsIn(torrent, key.Folder))];
            if (tagged.Count > 1)
                throw new RetryLaterException("The downloader has several downloads with the same tag.");
            return tagged.Count == 0 ? ((JsonElement, string)?)null : (tagged[0], QbittorrentStatus.HashOf(tagged[0]));
        });
    }

    private MultipartFormDataContent FormOf(DownloadKey key, TorrentSource source)
    {
        var fields = new Dictionary<string, string>(options)
        {
            ["savepath"] = key.Folder,
            // Files are written where they are read, whatever folder for unfinished ones there is.
            ["useDownloadPath"] = "false",
            ["tags"] = TagOf(key),
            ["autoTMM"] = "false",
            ["contentLayout"] = "Original",
            // Releases since 5.0 name it differently.
            ["paused"] = "false",
            ["stopped"] = "false",
        };
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        if (source.Torrent is { } torrent)
            form.Add(new ByteArrayContent(torrent), "torrents", key.Id + ".torrent");
        else
            form.Add(new StringContent(source.Magnet!), "urls");
        return form;
    }

    private static string TagOf(DownloadKey key) => "cloudreve-" + key.Id;
}
