using System.Globalization;
using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;

/// <summary>Downloads with qBittorrent. The name of a download is a tag.</summary>
/// <param name="api">Makes calls.</param>
/// <param name="tempPath">The folder for downloads.</param>
/// <param name="options">Options of downloads.</param>
internal sealed class QbittorrentDownloader(QbittorrentApi api, string tempPath, IReadOnlyDictionary<string, string> options) : IDownloader
{
    private const int RemovalChecks = 50;

    private static readonly TimeSpan s_removalInterval = TimeSpan.FromMilliseconds(100);

    public string TempPath => tempPath;

    public async Task<string> GetVersionAsync(CancellationToken cancellationToken) => await api.GetAsync("app/version", cancellationToken) ?? "";

    public async Task AddAsync(string id, TorrentSource source, string folder, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync("torrents/add", () => FormOf(id, source, folder), cancellationToken);
        // An earlier run may have added it a moment ago.
        if (answer == "Fails." && await FindTorrentAsync(id, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.UnsetError, "The downloader refuses the download: it has the torrent already, or the torrent is damaged.");
    }

    public async Task<DownloadSnapshot?> FindAsync(string id, string folder, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(id, cancellationToken) is not { } torrent)
            return null;
        var hash = torrent.GetProperty("hash").GetString()!;
        var files = await api.GetJsonAsync("torrents/files?hash=" + hash, cancellationToken);
        var pieces = await api.GetJsonAsync("torrents/pieceStates?hash=" + hash, cancellationToken);
        return files is null || pieces is null ? null : QbittorrentStatus.Read(torrent, files.Value, pieces.Value);
    }

    public async Task SelectAsync(string id, IReadOnlyDictionary<int, bool> files, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(id, cancellationToken) is not { } torrent)
            return;
        foreach (var choice in files.GroupBy(file => file.Value))
        {
            var form = new Dictionary<string, string>
            {
                ["hash"] = torrent.GetProperty("hash").GetString()!,
                ["id"] = string.Join('|', choice.Select(file => file.Key.ToString(CultureInfo.InvariantCulture))),
                ["priority"] = choice.Key ? "1" : "0",
            };
            await api.PostAsync("torrents/filePrio", form, cancellationToken);
        }
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindTorrentAsync(id, cancellationToken) is { } torrent)
        {
            var form = new Dictionary<string, string> { ["hashes"] = torrent.GetProperty("hash").GetString()!, ["deleteFiles"] = "true" };
            await api.PostAsync("torrents/delete", form, cancellationToken);
        }
        for (var i = 0; i < RemovalChecks && await FindTorrentAsync(id, cancellationToken) is not null; i++)
            await Task.Delay(s_removalInterval, cancellationToken);
        await api.PostAsync("torrents/deleteTags", new Dictionary<string, string> { ["tags"] = TagOf(id) }, cancellationToken);
    }

    /// <summary>Finds the download by its tag. Releases before 4.4 list all torrents, whatever tag they are asked for.</summary>
    private async Task<JsonElement?> FindTorrentAsync(string id, CancellationToken cancellationToken) =>
        await api.GetJsonAsync("torrents/info?tag=" + TagOf(id), cancellationToken) is { ValueKind: JsonValueKind.Array } found
            ? found.EnumerateArray().Where(torrent => HasTag(torrent, TagOf(id))).Select(torrent => (JsonElement?)torrent).FirstOrDefault()
            : null;

    private static bool HasTag(JsonElement torrent, string tag) =>
        torrent.TryGetProperty("tags", out var tags) && tags.GetString()?.Split(',', StringSplitOptions.TrimEntries).Contains(tag) == true;

    private MultipartFormDataContent FormOf(string id, TorrentSource source, string folder)
    {
        var fields = new Dictionary<string, string>(options)
        {
            ["savepath"] = folder,
            ["tags"] = TagOf(id),
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
            form.Add(new ByteArrayContent(torrent), "torrents", id + ".torrent");
        else
            form.Add(new StringContent(source.Magnet!), "urls");
        return form;
    }

    private static string TagOf(string id) => "cloudreve-" + id;
}
