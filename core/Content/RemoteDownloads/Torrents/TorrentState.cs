using System.Text.Json.Serialization;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>The progress of the download of a torrent.</summary>
internal sealed record TorrentState
{
    /// <summary>The download's name in the downloader, written before the downloader hears of it.</summary>
    public required string Id { get; init; }

    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The name of the download that continues it; null while there is none.</summary>
    public string? Follower { get; init; }

    /// <summary>Where it began; null in states of earlier releases.</summary>
    public DownloaderAccess? Downloader { get; init; }

    /// <summary>The time that it began.</summary>
    public DateTimeOffset BegunAt { get; init; }

    /// <summary>The time that it was given to the downloader; null before.</summary>
    public DateTimeOffset? AddedAt { get; init; }

    /// <summary>The files that are not wanted, as the downloader knows them.</summary>
    public IReadOnlyList<int> Deselected { get; init; } = [];

    /// <summary>True if all wanted content was there, so that the selection does not change any more.</summary>
    public bool IsDownloaded { get; init; }

    /// <summary>The files that are stored.</summary>
    public IReadOnlyList<int> Stored { get; init; } = [];

    /// <summary>Bytes of them.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Bytes that its owner is charged for files which are not stored yet.</summary>
    public long Reserved { get; init; }

    /// <summary>The files that are stored in segments, and are not complete.</summary>
    public IReadOnlyList<StagedFile> Staged { get; init; } = [];

    /// <summary>The number of times that files which should be there were looked for in vain.</summary>
    public int Looks { get; init; }

    /// <summary>The files that cannot be stored.</summary>
    public IReadOnlyList<int> Refused { get; init; } = [];

    /// <summary>Why the first of them cannot; null for none.</summary>
    public string? Reason { get; init; }

    /// <summary>True if all files that can be stored are.</summary>
    public bool IsStored { get; init; }

    /// <summary>Identifies it in the downloader.</summary>
    [JsonIgnore]
    public DownloadKey Key => new(Id, Folder, Follower);
}
