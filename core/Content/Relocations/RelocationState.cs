using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The progress of a relocation. The files are walked through twice: to count their blobs, and to move them.</summary>
internal sealed record RelocationState
{
    /// <summary>True if the blobs have been counted.</summary>
    public bool IsCounted { get; init; }

    /// <summary>True if all blobs have been moved, or have failed.</summary>
    public bool IsDone { get; init; }

    /// <summary>Blobs that were counted.</summary>
    public long Total { get; init; }

    /// <summary>Blobs that are where they shall be.</summary>
    public long Moved { get; init; }

    /// <summary>The position of the walk.</summary>
    public WalkCursor Cursor { get; init; } = new(0, 0, []);

    /// <summary>Large blobs that the storage service may be copying.</summary>
    public IReadOnlyList<BlobTarget> Copies { get; init; } = [];

    /// <summary>Files that could not be moved.</summary>
    public ItemFailures Failures { get; init; } = ItemFailures.None;
}

/// <summary>The target of an entity's blob.</summary>
/// <param name="Name">The name of the new blob.</param>
/// <param name="NotedAt">The time its removal was noted, for the case that it is never used.</param>
internal sealed record BlobTarget(long EntityId, string Name, DateTimeOffset NotedAt)
{
    // The note is due a day after NotedAt. No request hangs for hours.
    private static readonly TimeSpan s_usable = TimeSpan.FromHours(12);

    /// <summary>Checks whether the blob may still be given to its entity.</summary>
    /// <param name="now">The current time.</param>
    public bool IsUsable(DateTimeOffset now) => now - NotedAt < s_usable;
}
