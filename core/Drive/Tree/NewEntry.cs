using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The properties of a new entry.</summary>
/// <param name="Type">File or folder.</param>
public sealed record NewEntry(FileType Type)
{
    /// <summary>A plain folder.</summary>
    public static NewEntry Folder { get; } = new(FileType.Folder);

    /// <summary>An id of <see cref="IdAllocator.NextEntryAsync"/> that nobody else has, for callers that note it elsewhere first; 0 for a new one.</summary>
    public long Id { get; init; }

    /// <summary>The entity of a file's first version; 0 for a file without content.</summary>
    public long EntityId { get; init; }

    /// <summary>Bytes of the first version.</summary>
    public long Size { get; init; }

    /// <summary>The time the entry was created; null for now.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The time the content last changed; null for now.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Metadata, key to value.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
