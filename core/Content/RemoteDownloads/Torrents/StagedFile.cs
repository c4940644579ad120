using System.Text.Json.Serialization;
using Cloudreve.Core.Content.Uploads.Writes;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>A large file of a torrent that is being stored, a segment at a time.</summary>
internal sealed record StagedFile
{
    /// <summary>The file's number in the download.</summary>
    public required int Index { get; init; }

    /// <summary>Its bytes.</summary>
    public required long Size { get; init; }

    /// <summary>When it last changed: all of its segments are of that version.</summary>
    public required DateTimeOffset Stamp { get; init; }

    /// <summary>The blob that it becomes.</summary>
    public required StoredContent Content { get; init; }

    /// <summary>Bytes that are staged.</summary>
    public long Position { get; init; }

    /// <summary>The segments that are staged.</summary>
    public IReadOnlyList<StagedStretch> Stretches { get; init; } = [];

    /// <summary>The number of times that it changed meanwhile.</summary>
    public int Restarts { get; init; }

    /// <summary>The place that it is being written to; null before.</summary>
    public StoredPlace? Place { get; init; }

    /// <summary>True if all of it is staged.</summary>
    [JsonIgnore]
    public bool IsWhole => Position == Size;
}

/// <summary>Sizes by which files of torrents are stored.</summary>
/// <param name="Whole">The most bytes that are stored in one go.</param>
/// <param name="Segment">Bytes of a segment of larger files; more for very large ones.</param>
internal sealed record SegmentSizes(long Whole = 64L << 20, long Segment = 256L << 20);
