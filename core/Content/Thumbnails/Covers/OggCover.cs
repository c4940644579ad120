using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>
/// The picture among the comments of Ogg Vorbis and Opus: the comments are the second packet (RFC 3533, section 6, and RFC 7845,
/// section 5.2), a picture is a FLAC picture block in base64.
/// </summary>
internal static class OggCover
{
    private const int PageHeader = 27;
    private const int FullSegment = 255;

    /// <summary>The cover; null for none.</summary>
    /// <param name="content">An Ogg file.</param>
    /// <exception cref="ThumbnailException">The file is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var comments = await ReadSecondPacketAsync(content, cancellationToken);
        var choice = new CoverChoice();
        foreach (var comment in Split(comments))
        {
            content.Spend();
            if (TryDecode(comment.Span, out var block))
                FlacCover.Offer(choice, block);
        }
        return choice.Picture;
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

    private static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> packet)
    {
        var start = packet.Span.StartsWith("\u0003vorbis"u8) ? 7 : packet.Span.StartsWith("OpusTags"u8) ? 8 : -1;
        if (start < 0 || !TryTake(ref start, packet, out _) || packet.Length - start < 4)
            yield break;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(packet.Span[start..]);
        start += 4;
        for (uint i = 0; i < count && TryTake(ref start, packet, out var comment); i++)
            yield return comment;
    }

    private static bool TryTake(ref int start, ReadOnlyMemory<byte> packet, out ReadOnlyMemory<byte> taken)
    {
        taken = default;
        if (packet.Length - start < 4)
            return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(packet.Span[start..]);
        if (length > packet.Length - start - 4)
            return false;
        taken = packet.Slice(start + 4, (int)length);
        start += 4 + (int)length;
        return true;
    }

    private static bool TryDecode(ReadOnlySpan<byte> comment, out byte[] block)
    {
        block = [];
        var name = "METADATA_BLOCK_PICTURE="u8;
        if (comment.Length <= name.Length || !Ascii.EqualsIgnoreCase(comment[..name.Length], name))
            return false;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(comment.Length - name.Length)];
        if (Base64.DecodeFromUtf8(comment[name.Length..], decoded, out _, out var length) != OperationStatus.Done)
            return false;
        block = decoded[..length];
        return true;
    }
}
