using System.Net;
using System.Text.Json;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Qbittorrent;

/// <summary>An answer of the web interface of qBittorrent.</summary>
/// <param name="Status">The status.</param>
/// <param name="Text">The text.</param>
internal sealed record QbittorrentAnswer(HttpStatusCode Status, string Text)
{
    /// <summary>The program's name.</summary>
    public const string Program = "qBittorrent";

    /// <summary>The text of success, up to release 5.1.</summary>
    public const string Ok = "Ok.";

    /// <summary>The text of a failure, up to release 5.1.</summary>
    public const string Fails = "Fails.";

    /// <summary>True for success; release 5.2 has several statuses for it.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>Throws unless it is success.</summary>
    /// <exception cref="RetryLaterException">It is not.</exception>
    public QbittorrentAnswer Require() => IsSuccess ? this : throw DownloaderAnswer.NotOne(Program);

    /// <summary>The list that it holds; null when there is no such torrent.</summary>
    /// <exception cref="RetryLaterException">It is something else.</exception>
    public JsonElement? ReadList() => Status == HttpStatusCode.NotFound
        ? null
        : DownloaderAnswer.Read(Program, () => JsonSerializer.Deserialize<JsonElement>(Require().Text) is { ValueKind: JsonValueKind.Array } list
            ? list
            : throw new FormatException("A list is expected."));

    /// <summary>True if a torrent was added, false if it was refused: releases before 5.2 say so by a text, later ones by a status and counts.</summary>
    /// <exception cref="RetryLaterException">It is something else.</exception>
    public bool ReadAdded()
    {
        if (Status is HttpStatusCode.Conflict or HttpStatusCode.UnsupportedMediaType || (IsSuccess && Text == Fails))
            return false;
        if (Require().Text is "" or Ok)
            return true;
        return DownloaderAnswer.Read(Program, () =>
        {
            var counts = JsonSerializer.Deserialize<JsonElement>(Text);
            return counts.GetProperty("success_count").GetInt64() + counts.GetProperty("pending_count").GetInt64() > 0;
        });
    }
}
