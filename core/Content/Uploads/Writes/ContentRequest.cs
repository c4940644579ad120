using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A request to write a file's content within one request.</summary>
/// <param name="Path">The file's path in the drive; the file is created if it is missing.</param>
/// <param name="Length">Bytes of the content.</param>
public sealed record ContentRequest(FilePath Path, long Length)
{
    /// <summary>The entity that must be current, 0 for none; null for any.</summary>
    public long? Previous { get; init; }

    /// <summary>The time the content last changed; null for now.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The sync client that writes; null for others.</summary>
    public string? ClientId { get; init; }

    /// <summary>True if it is an error when the file exists already.</summary>
    public bool IsNew { get; init; }

    /// <summary>True if a missing folder is an error; otherwise the folder is created.</summary>
    public bool NeedsFolder { get; init; }

    /// <summary>Metadata that the file gets instead of what it has under the same prefix; null to leave all as it is.</summary>
    public ReplacedMetadata? Metadata { get; init; }

    /// <summary>Bytes that the owner has been charged for the same content already, refunded once it is written.</summary>
    public long AlreadyCharged { get; init; }

    /// <summary>The task that writes, see <see cref="TaskFiles"/>; 0 for others.</summary>
    public long TaskId { get; init; }

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];
}

/// <summary>Metadata of one kind.</summary>
/// <param name="Prefix">Prefix of its keys.</param>
/// <param name="Values">Key to value.</param>
public sealed record ReplacedMetadata(string Prefix, IReadOnlyDictionary<string, string> Values);
