using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports;

/// <summary>An entry with its ids. BlobIndex counts the blobs of the listing up to it.</summary>
internal sealed record GroupCandidate(SourceEntry Entry, FileRecord Record, EntityRecord? Entity, int BlobIndex)
{
    /// <summary>True if an earlier try inserted it, or gave the file this version.</summary>
    public bool IsInserted { get; init; }

    /// <summary>The file of the drive that gets the entity as its new version; null for an entry that is new.</summary>
    public FileRecord? Replaced { get; init; }

    /// <summary>Bytes that it adds to those in use; negative for a version that is smaller than the one before.</summary>
    public long Growth => Entity is null ? 0 : Entity.Size - (Entity.ReplacedSize ?? 0);

    /// <summary>Bytes that have to be free for it.</summary>
    public long Charge => Math.Max(Growth, 0);
}
