using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>Attached pictures of ID3v2.2, 2.3 and 2.4 tags (id3.org, "ID3 tag version 2.4.0 - Native Frames", section 4.14).</summary>
internal static class Id3Cover
{
    private const int HeaderLength = 10;
    private const byte Unsynchronised = 0x80;
    private const byte HasExtendedHeader = 0x40;

    /// <summary>The cover; null for none.</summary>
    /// <param name="content">The file, which starts with a tag.</param>
    /// <exception cref="ThumbnailException">The tag is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var header = (await content.ReadAsync(0, HeaderLength, cancellationToken)).ToArray();
        var (version, flags, size) = (header[3], header[5], Syncsafe(header.AsSpan(6)));
        var tag = await content.ReadAsync(HeaderLength, Math.Min(size, content.Size - HeaderLength), cancellationToken);
        if (version is < 2 or > 4)
            return null;
        if ((flags & Unsynchronised) != 0 && version < 4)
            tag = Resynchronise(tag.Span);
        return Choose(content, tag[SkipExtendedHeader(tag.Span, version, flags)..], version);
    }

    private static int SkipExtendedHeader(ReadOnlySpan<byte> tag, int version, byte flags)
    {
        if ((flags & HasExtendedHeader) == 0 || version == 2 || tag.Length < 4)
            return 0;
        long length = version == 4 ? Syncsafe(tag) : BinaryPrimitives.ReadUInt32BigEndian(tag) + 4L;
        return length <= tag.Length ? (int)length : throw ContentWindow.Damaged();
    }

    private static ReadOnlyMemory<byte>? Choose(ContentWindow content, ReadOnlyMemory<byte> frames, int version)
    {
        var choice = new CoverChoice();
        var headerLength = version == 2 ? 6 : HeaderLength;
        // The tag may end with padding of zeros.
        while (frames.Length > headerLength && frames.Span[0] != 0)
        {
            content.Spend();
            var (name, size, flags) = ReadHeader(frames.Span, version);
            if (size > frames.Length - headerLength)
                break;
            var body = frames.Slice(headerLength, (int)size);
            frames = frames[(headerLength + (int)size)..];
            if (name is "APIC" or "PIC" && Unwrap(body, version, flags) is { } picture)
                OfferPicture(choice, picture, isShort: version == 2);
        }
        return choice.Picture;
    }

    private static (string Name, long Size, int Flags) ReadHeader(ReadOnlySpan<byte> frame, int version) => version switch
    {
        2 => (Text(frame[..3]), (frame[3] << 16) | (frame[4] << 8) | frame[5], 0),
        3 => (Text(frame[..4]), BinaryPrimitives.ReadUInt32BigEndian(frame[4..]), frame[9]),
        _ => (Text(frame[..4]), Syncsafe(frame[4..]), frame[9]),
    };

    /// <summary>A frame's body without the data that its flags add; null when it is compressed or encrypted.</summary>
    private static ReadOnlyMemory<byte>? Unwrap(ReadOnlyMemory<byte> body, int version, int flags)
    {
        var (sealedBits, groupBit) = version == 4 ? (0x0C, 0x40) : (0xC0, 0x20);
        if ((flags & sealedBits) != 0)
            return null;
        var prefix = ((flags & groupBit) != 0 ? 1 : 0) + (version == 4 && (flags & 0x01) != 0 ? 4 : 0);
        if (prefix > body.Length)
            return null;
        body = body[prefix..];
        return version == 4 && (flags & 0x02) != 0 ? Resynchronise(body.Span) : body;
    }

    // Encoding of the description, MIME type or three letters, type of picture, description, picture.
    private static void OfferPicture(CoverChoice choice, ReadOnlyMemory<byte> body, bool isShort)
    {
        var span = body.Span;
        var type = isShort ? 4 : span.Length > 1 && span[1..].IndexOf((byte)0) is >= 0 and var end ? end + 2 : -1;
        if (type < 0 || type >= span.Length)
            return;
        var description = type + 1;
        var isWide = span[0] is 1 or 2;
        var length = isWide ? WideLength(span[description..]) : span[description..].IndexOf((byte)0);
        var picture = description + length + (isWide ? 2 : 1);
        if (length >= 0 && picture < span.Length)
            choice.Offer(span[type], body[picture..]);
    }

    private static int WideLength(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i + 1 < text.Length; i += 2)
        {
            if (text[i] == 0 && text[i + 1] == 0)
                return i;
        }
        return -1;
    }

    /// <summary>Removes the zeros that keep FF bytes from looking like the start of an audio frame.</summary>
    private static byte[] Resynchronise(ReadOnlySpan<byte> data)
    {
        var result = new byte[data.Length];
        var length = 0;
        for (var i = 0; i < data.Length; i++)
        {
            result[length++] = data[i];
            if (data[i] == 0xFF && i + 1 < data.Length && data[i + 1] == 0)
                i++;
        }
        return result[..length];
    }

    private static long Syncsafe(ReadOnlySpan<byte> bytes) =>
        ((bytes[0] & 0x7FL) << 21) | ((bytes[1] & 0x7FL) << 14) | ((bytes[2] & 0x7FL) << 7) | (bytes[3] & 0x7FL);

    private static string Text(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name);
}
