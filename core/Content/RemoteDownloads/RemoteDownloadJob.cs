using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>What a task that downloads from another site has to do: the accepted form of the request (contract, section 19.3).</summary>
/// <param name="Source">The link, or the URI of a torrent file.</param>
/// <param name="Destination">Plain path of the folder in the owner's drive.</param>
/// <param name="IsFile">True if the source is a torrent file.</param>
public sealed record RemoteDownloadJob(string Source, string Destination, bool IsFile = false)
{
    /// <summary>True if a downloader has to do it, instead of the site itself.</summary>
    [JsonIgnore]
    internal bool NeedsDownloader => IsFile || MagnetLink.IsOne(Source);
}

/// <summary>The progress of a download. It changes as a whole, when a stretch has been staged.</summary>
internal sealed record RemoteDownloadState
{
    /// <summary>The name of the file.</summary>
    public required string Name { get; init; }

    /// <summary>The blob that it becomes.</summary>
    public required StoredContent Content { get; init; }

    /// <summary>Bytes in total; null while that is unknown.</summary>
    public long? Total { get; init; }

    /// <summary>Bytes that are staged.</summary>
    public long Position { get; init; }

    /// <summary>The mark by which the source is the same as before: its strong ETag, or its date; null for none.</summary>
    public string? Version { get; init; }

    /// <summary>The number of times that the site sent other content, or all of it, instead of the rest.</summary>
    public int Restarts { get; init; }

    /// <summary>True if it has to come in one step, since the site does not resume, whatever it says.</summary>
    [JsonIgnore]
    public bool MustComeWhole => Restarts > 1;

    /// <summary>The stretches that are staged.</summary>
    public IReadOnlyList<StagedStretch> Stretches { get; init; } = [];

    /// <summary>True if all is staged.</summary>
    public bool IsRead { get; init; }

    /// <summary>The place that the file is being written to; null before.</summary>
    public StoredPlace? Place { get; init; }

    /// <summary>The number of blocks that are staged.</summary>
    [JsonIgnore]
    public int Blocks => Stretches.Sum(stretch => stretch.Blocks);

    /// <summary>The progress for the owner.</summary>
    /// <param name="speed">Bytes per second.</param>
    public DownloadStatus Describe(long speed)
    {
        var total = Total ?? (IsRead ? Position : 0);
        return new DownloadStatus
        {
            Name = Name,
            Total = total,
            Downloaded = Position,
            DownloadSpeed = speed,
            Files = [new DownloadFile(0, Name, total, total > 0 ? (double)Position / total : IsRead ? 1 : 0)],
        };
    }
}

/// <summary>Blocks that one run has staged.</summary>
/// <param name="Run">The name of the run.</param>
/// <param name="Blocks">The number of blocks.</param>
internal sealed record StagedStretch(string Run, int Blocks);

[JsonSerializable(typeof(RemoteDownloadJob))]
[JsonSerializable(typeof(RemoteDownloadState))]
[JsonSerializable(typeof(TorrentState))]
internal sealed partial class RemoteDownloadJson : JsonSerializerContext
{
    /// <summary>No character of a path needs six characters: the text is only read as JSON.</summary>
    public static RemoteDownloadJson Short { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
