using System.Buffers.Binary;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>A chunk that has arrived completely.</summary>
public sealed record UploadChunk
{
    /// <summary>Bytes of a block; only the last one of a chunk may have less.</summary>
    internal const int BlockSize = 8 << 20;

    /// <summary>The client's name for it, which gives its position.</summary>
    public required ChunkName Name { get; init; }

    /// <summary>Differs for each time that the chunk is sent.</summary>
    public required Guid Id { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>The time it had arrived.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The encryption, from its own beginning; null for plain content.</summary>
    internal string? Encryption { get; init; }

    internal string ETag { get; init; } = "";

    /// <summary>The ids of its blocks, in order.</summary>
    internal IEnumerable<string> BlockIds => Enumerable.Range(0, (int)((Size + BlockSize - 1) / BlockSize)).Select(index => BlockId(Id, index));

    internal Row Describe(ChunkedUpload upload) => new(upload.Partition, upload.ChunkPrefix + Name.Text)
    {
        [Columns.Id] = Id.ToString("N"),
        [Columns.Size] = Size,
        [Columns.At] = At,
        [Columns.Encryption] = Encryption,
    };

    internal static UploadChunk FromRow(ChunkedUpload upload, Row row) => new()
    {
        Name = ChunkName.Parse(row.RowKey[upload.ChunkPrefix.Length..]),
        Id = Guid.ParseExact(row.RequiredText(Columns.Id), "N"),
        Size = row.RequiredNumber(Columns.Size),
        At = row.Time(Columns.At) ?? default,
        Encryption = row.Text(Columns.Encryption),
        ETag = row.ETag,
    };

    internal static string BlockId(Guid chunk, int index)
    {
        Span<byte> bytes = stackalloc byte[16 + sizeof(int)];
        chunk.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], index);
        return Convert.ToBase64String(bytes);
    }

    private static class Columns
    {
        public const string Id = "id";
        public const string Size = "s";
        public const string At = "at";
        public const string Encryption = "enc";
    }
}
