using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>The progress of an archive: everything that the next segment needs. It changes as a whole, when a segment is complete.</summary>
internal sealed record ArchiveState
{
    /// <summary>The blob that it becomes.</summary>
    public required StoredContent Content { get; init; }

    /// <summary>Names the run that wrote the last segment.</summary>
    public string Run { get; init; } = "";

    /// <summary>Segments that are complete.</summary>
    public int Segments { get; init; }

    /// <summary>Blocks that are complete.</summary>
    public int Blocks { get; init; }

    /// <summary>Bytes that are complete.</summary>
    public long Position { get; init; }

    /// <summary>Entries in the directory.</summary>
    public long Entries { get; init; }

    /// <summary>Bytes of the directory.</summary>
    public long DirectoryBytes { get; init; }

    /// <summary>Files that were read.</summary>
    public long Files { get; init; }

    /// <summary>Bytes of them.</summary>
    public long FileBytes { get; init; }

    /// <summary>The items that could not be read.</summary>
    public ItemFailures Failures { get; init; } = ItemFailures.None;

    /// <summary>The index of the source that is being read.</summary>
    public int Source { get; init; }

    /// <summary>The folder that the source is; 0 while none is being walked through.</summary>
    public long SourceId { get; init; }

    /// <summary>The folders on the way to the last entry, from the source on.</summary>
    public IReadOnlyList<WalkLevel> Levels { get; init; } = [];

    /// <summary>The file that the last segment has a part of; null for none.</summary>
    public ArchiveOpenFile? OpenFile { get; init; }

    /// <summary>The place that the file is being written to; null before.</summary>
    public StoredPlace? Place { get; init; }

    /// <summary>True if all content is written, so that only the directory is left.</summary>
    public bool IsRead { get; init; }
}

/// <summary>A file of which a part is in the archive.</summary>
/// <param name="Path">Its path in the archive.</param>
/// <param name="Modified">The time it last changed.</param>
/// <param name="Size">Bytes in all.</param>
/// <param name="Offset">The offset of its entry.</param>
/// <param name="IsDeflated">True if it is deflated.</param>
/// <param name="EntityId">Its blob.</param>
/// <param name="Read">Bytes that were read.</param>
/// <param name="Packed">Bytes that were written of them.</param>
/// <param name="Checksum">CRC-32 of what was read.</param>
internal sealed record ArchiveOpenFile(
    string Path, DateTimeOffset Modified, long Size, long Offset, bool IsDeflated, long EntityId, long Read, long Packed, uint Checksum);
