using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>A request to upload a file.</summary>
/// <param name="Path">The file's path in the drive.</param>
/// <param name="Size">Bytes.</param>
public sealed record UploadRequest(FilePath Path, long Size)
{
    /// <summary>True if an existing file may get a new version.</summary>
    public bool Overwrites { get; init; }

    /// <summary>True if an existing file gets the motion part of a live photo.</summary>
    public bool IsLivePhoto { get; init; }

    /// <summary>The entity that must be current; null for any.</summary>
    public long? Previous { get; init; }

    /// <summary>The time the content last changed; null for now.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Metadata that the file gets with the content, checked.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>True if the client can encrypt what it sends.</summary>
    public bool CanEncrypt { get; init; }

    /// <summary>The sync client that uploads; null for others.</summary>
    public string? ClientId { get; init; }

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];
}
