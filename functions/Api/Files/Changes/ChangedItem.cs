using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>An item of a batch that changes a drive.</summary>
/// <param name="Uri">The URI as the client wrote it.</param>
internal sealed record ChangedItem(string Uri, DrivePlace Place)
{
    /// <summary>The entry, as it was found ahead.</summary>
    public required FileRecord Entry { get; init; }

    /// <summary>The name that users know it by, also in the trash.</summary>
    public string Name => DriveOperations.OriginOf(Entry)?.Name ?? Entry.Name;

    /// <summary>The depth of the entry in its drive; for an entry of the trash, the depth that it had.</summary>
    public int Depth => (DriveOperations.OriginOf(Entry) ?? Place.DrivePath).Depth;
}
