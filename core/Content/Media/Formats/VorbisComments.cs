using System.Buffers;
using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>
/// The comments of Vorbis, Opus and FLAC, each NAME=value (Ogg Vorbis I format specification, section 5). In Ogg they are the second
/// packet (RFC 3533, section 6, and RFC 7845, section 5.2).
/// </summary>
internal static class VorbisComments
{
    private const int PageHeader = 27;
    private const int FullSegment = 255;

    /// <summary>The comments of an Ogg file.</summary>
    /// <param name="content">An Ogg file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ReadOggAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var packet = await ReadSecondPacketAsync(content, cancellationToken);
        var start = packet.Span.StartsWith("\u0003vorbis"u8) ? 7 : packet.Span.StartsWith("OpusTags"u8) ? 8 : -1;
        return start < 0 ? [] : Split(content, packet[start..]);
    }

    /// <summary>Splits a block of comments: the maker's name, their number, each with its length.</summary>
    /// <param name="content">The file, which bounds the work.</param>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Split(ContentWindow content, ReadOnlyMemory<byte> block)
    {
        var comments = new List<ReadOnlyMemory<byte>>();
        var start = 0;
        if (!TryTake(ref start, block, out _) || block.Length - start < 4)
            return comments;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(block.Span[start..]);
        start += 4;
        for (uint i = 0; i < count && TryTake(ref start, block, out var comment); i++)
        {
            content.Spend();
            comments.Add(comment);
        }
        return comments;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadSecondPacketAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var packet = new ArrayBufferWriter<byte>();
        var packets = 0;
        for (long offset = 0; ;)
        {
            var header = await content.ReadAsync(offset, PageHeader, cancellationToken);
            if (!header.Span.StartsWith("OggS"u8))
                throw ContentWindow.Damaged();
            var segments = (await content.ReadAsync(offset + PageHeader, header.Span[PageHeader - 1], cancellationToken)).ToArray();
            offset += PageHeader + segments.Length;
            var body = await content.ReadAsync(offset, segments.Sum(length => (int)length), cancellationToken);
            offset += body.Length;
            foreach (var length in segments)
            {
                if (packets == 1)
                    packet.Write(body.Span[..length]);
                body = body[length..];
                // A segment that is not full ends its packet.
                if (length < FullSegment && ++packets == 2)
                    return packet.WrittenMemory;
            }
            if (packet.WrittenCount > ContentWindow.MaxPart)
                throw ContentWindow.Damaged();
        }
    }

    private static bool TryTake(ref int start, ReadOnlyMemory<byte> block, out ReadOnlyMemory<byte> taken)
    {
        taken = default;
        if (block.Length - start < 4)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(block.Span[start..]);
        if (length > block.Length - start - 4)
            return false;
        taken = block.Slice(start + 4, (int)length);
        start += 4 + (int)length;
        return true;
    }
}
