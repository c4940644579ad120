using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>Names a snapshot: a folder at one of its versions, in an order.</summary>
internal sealed record SnapshotKey(long FolderId, FileOrder Order, bool Descending, string Version)
{
    public string BlobName => $"{FileKeys.Folder(FolderId)}/{Order}{(Descending ? "-desc" : "")}";
}

/// <summary>A part of a snapshot.</summary>
/// <param name="Total">Number of entries of the whole snapshot.</param>
internal sealed record SnapshotPart(IReadOnlyList<FileRecord> Entries, long Total);

/// <summary>
/// Keeps the entries of a large folder in one order, in one blob for each order. The blob says which version of the folder it
/// shows. Its content depends on the folder's rows alone, so two writers of the same version write the same; a writer that
/// comes late with an old version only makes the next reader write again.
/// </summary>
/// <remarks>
/// The blob: for each entry and the end, 8 bytes with the offset where it starts (little endian), then the entries as JSON.
/// </remarks>
internal sealed class FolderSnapshots(ListingBlobs blobs)
{
    private const int OffsetBytes = 8;
    private const string Version = "version";
    private const string Count = "count";

    /// <summary>Writes a snapshot: one transaction.</summary>
    public async Task WriteAsync(SnapshotKey key, IReadOnlyList<FileRecord> entries, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        var offsets = new byte[(entries.Count + 1) * OffsetBytes];
        content.Position = offsets.Length;
        for (var i = 0; i < entries.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(offsets.AsSpan(i * OffsetBytes), content.Position);
            // To memory, which never waits.
            JsonSerializer.Serialize(content, entries[i], SnapshotJson.Default.FileRecord);
        }
        BinaryPrimitives.WriteInt64LittleEndian(offsets.AsSpan(entries.Count * OffsetBytes), content.Position);
        content.Position = 0;
        content.Write(offsets);
        var metadata = new Dictionary<string, string> { [Version] = key.Version, [Count] = entries.Count.ToString(CultureInfo.InvariantCulture) };
        await blobs.WriteAsync(key.BlobName, BinaryData.FromBytes(content.GetBuffer().AsMemory(0, (int)content.Length)), metadata, cancellationToken);
    }

    /// <summary>Reads some entries: two transactions, or one when there are none. Null when there is no snapshot of that version, or it ends before.</summary>
    public async Task<SnapshotPart?> ReadAsync(SnapshotKey key, long position, int take, CancellationToken cancellationToken)
    {
        var name = key.BlobName;
        if (position > long.MaxValue / (2 * OffsetBytes)
            || await blobs.ReadPartAsync(name, position * OffsetBytes, (take + 1) * OffsetBytes, cancellationToken) is not { } index
            || index.Metadata.GetValueOrDefault(Version) != key.Version
            || !long.TryParse(index.Metadata.GetValueOrDefault(Count), NumberStyles.None, CultureInfo.InvariantCulture, out var total)
            || position > total)
            return null;
        var count = (int)Math.Min(take, total - position);
        if (count == 0)
            return new SnapshotPart([], total);
        var (first, end) = (OffsetAt(index.Bytes, 0), OffsetAt(index.Bytes, count));
        if (await blobs.ReadPartAsync(name, first, end - first, cancellationToken) is not { } lines || lines.Metadata.GetValueOrDefault(Version) != key.Version)
            return null;
        var entries = new FileRecord[count];
        for (var i = 0; i < count; i++)
        {
            var from = (int)(OffsetAt(index.Bytes, i) - first);
            var to = (int)(OffsetAt(index.Bytes, i + 1) - first);
            entries[i] = JsonSerializer.Deserialize(lines.Bytes.AsSpan(from, to - from), SnapshotJson.Default.FileRecord)! with { ParentId = key.FolderId };
        }
        return new SnapshotPart(entries, total);
    }

    private static long OffsetAt(byte[] index, int entry) => BinaryPrimitives.ReadInt64LittleEndian(index.AsSpan(entry * OffsetBytes));
}
