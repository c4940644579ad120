using System.Text.Json;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;

/// <summary>Reads what qBittorrent says of a download.</summary>
internal static class QbittorrentStatus
{
    private const int Present = 2;

    // More pieces cannot be told from each other on a screen.
    private const int MaxPieces = 128_000;

    /// <summary>The download.</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="files">Its files.</param>
    /// <param name="pieces">The states of its pieces.</param>
    /// <exception cref="RetryLaterException">They are not of qBittorrent.</exception>
    public static DownloadSnapshot Read(JsonElement torrent, JsonElement files, JsonElement pieces) =>
        DownloaderAnswer.Read(QbittorrentAnswer.Program, () => ReadTorrent(torrent, files, pieces).Checked());

    /// <summary>The info hash, by which calls name a torrent: they take "all" and lists, too.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static string HashOf(JsonElement torrent) =>
        torrent.GetProperty("hash").GetString() is { } hash && DownloadSnapshot.InfoHash().IsMatch(hash) ? hash : throw new FormatException("The torrent has no hash.");

    /// <summary>The tags of a torrent.</summary>
    public static IReadOnlyList<string> TagsOf(JsonElement torrent) =>
        torrent.TryGetProperty("tags", out var tags) ? tags.GetString()?.Split(',', StringSplitOptions.TrimEntries) ?? [] : [];

    /// <summary>True if a torrent is in a folder.</summary>
    public static bool IsIn(JsonElement torrent, string folder) =>
        torrent.TryGetProperty("save_path", out var path) && path.GetString() is { } text && Path.TrimEndingDirectorySeparator(text) == folder;

    private static DownloadSnapshot ReadTorrent(JsonElement torrent, JsonElement files, JsonElement pieces)
    {
        var state = StateOf(torrent.GetProperty("state").GetString()!);
        var count = pieces.GetArrayLength();
        return new DownloadSnapshot
        {
            State = files.GetArrayLength() > 0 || state == DownloadState.Failed ? state : DownloadState.Downloading,
            Name = torrent.GetProperty("name").GetString() ?? "",
            Error = state == DownloadState.Failed ? "The downloader could not write the files." : null,
            DownloadSpeed = torrent.GetProperty("dlspeed").GetInt64(),
            Uploaded = torrent.GetProperty("uploaded").GetInt64(),
            UploadSpeed = torrent.GetProperty("upspeed").GetInt64(),
            Hash = HashOf(torrent),
            Pieces = count is > 0 and <= MaxPieces ? Convert.ToBase64String(BitsOf(pieces, count)) : null,
            NumPieces = count,
            Files = [.. files.EnumerateArray().Select(ReadFile)],
        };
    }

    /// <summary>States of qBittorrent: those of complete torrents end with UP; 5.0 renamed "paused" to "stopped".</summary>
    private static DownloadState StateOf(string state) => state switch
    {
        "error" or "missingFiles" => DownloadState.Failed,
        "pausedUP" or "stoppedUP" => DownloadState.Completed,
        "uploading" or "stalledUP" or "queuedUP" or "forcedUP" => DownloadState.Seeding,
        _ => DownloadState.Downloading,
    };

    private static DownloadedFile ReadFile(JsonElement file, int position)
    {
        var size = file.GetProperty("size").GetInt64();
        var index = file.TryGetProperty("index", out var number) ? number.GetInt32() : position;
        return new DownloadedFile(index, file.GetProperty("name").GetString() ?? "", size, (long)(file.GetProperty("progress").GetDouble() * size));
    }

    private static byte[] BitsOf(JsonElement pieces, int count)
    {
        var bits = new byte[(count + 7) / 8];
        for (var i = 0; i < count; i++)
        {
            if (pieces[i].GetInt32() == Present)
                bits[i / 8] |= (byte)(0x80 >> (i % 8));
        }
        return bits;
    }
}
