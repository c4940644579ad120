using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports;

/// <summary>An entry with its ids. BlobIndex counts the blobs of the listing up to it.</summary>
internal sealed record GroupCandidate(SourceEntry Entry, FileRecord Record, EntityRecord? Entity, int BlobIndex)
{
    /// <summary>True if an earlier try inserted it.</summary>
    public bool IsInserted { get; init; }
}
