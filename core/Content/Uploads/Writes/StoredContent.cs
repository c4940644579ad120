using System.Text.Json.Serialization;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Content that a workflow stages over a long time, before a file gets it.</summary>
/// <param name="WriteId">The write that will give it to a file.</param>
/// <param name="EntityId">The entity to be.</param>
/// <param name="PolicyId">The policy of the blob.</param>
/// <param name="Source">The blob's name in the policy's container.</param>
/// <param name="Encryption">The wrapped key; null for a plain blob.</param>
internal sealed record StoredContent(Guid WriteId, long EntityId, int PolicyId, string Source, string? Encryption);

/// <summary>The place of such content, noted before anything is written there.</summary>
/// <param name="IsNewFile">True if the write creates the file.</param>
/// <param name="Size">Bytes of the content.</param>
internal sealed record StoredPlace(long FolderId, long FileId, bool IsNewFile, long Size)
{
    /// <summary>Bytes that the owner is charged for the same content already. Not noted: it may change until the content is written.</summary>
    [JsonIgnore]
    public long AlreadyCharged { get; init; }
}
