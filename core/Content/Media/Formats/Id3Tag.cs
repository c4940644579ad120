using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>A frame of an ID3 tag.</summary>
/// <param name="Name">Four letters, three in version 2.2.</param>
/// <param name="Body">Its content, neither compressed nor encrypted.</param>
internal readonly record struct Id3Frame(string Name, ReadOnlyMemory<byte> Body);

/// <summary>An ID3v2.2, 2.3 or 2.4 tag (id3.org, "ID3 tag version 2.4.0 - Main Structure").</summary>
/// <param name="Version">2, 3 or 4.</param>
/// <param name="Frames">The frames that can be read, in their order.</param>
internal sealed record Id3Tag(int Version, IReadOnlyList<Id3Frame> Frames)
{
    private const int HeaderLength = 10;
    private const byte Unsynchronised = 0x80;
    private const byte HasExtendedHeader = 0x40;

    /// <summary>Reads the tag at the start of a file; null for a version that is not known.</summary>
    /// <param name="content">The file, which starts with a tag.</param>
    /// <exception cref="MediaException">The tag is damaged.</exception>
    public static async Task<Id3Tag?> ReadAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var header = (await content.ReadAsync(0, HeaderLength, cancellationToken)).ToArray();
        var (version, flags, size) = (header[3], header[5], Syncsafe(header.AsSpan(6)));
        var tag = await content.ReadAsync(HeaderLength, Math.Min(size, content.Size - HeaderLength), cancellationToken);
        if (version is < 2 or > 4)
            return null;
        if ((flags & Unsynchronised) != 0 && version < 4)
            tag = Resynchronise(tag.Span);
        return new Id3Tag(version, Split(content, tag[SkipExtendedHeader(tag.Span, version, flags)..], version));
    }

    private static int SkipExtendedHeader(ReadOnlySpan<byte> tag, int version, byte flags)
    {
        if ((flags & HasExtendedHeader) == 0 || version == 2 || tag.Length < 4)
            return 0;
        long length = version == 4 ? Syncsafe(tag) : BinaryPrimitives.ReadUInt32BigEndian(tag) + 4L;
        return length <= tag.Length ? (int)length : throw ContentWindow.Damaged();
    }

    private static List<Id3Frame> Split(ContentWindow content, ReadOnlyMemory<byte> frames, int version)
    {
        var result = new List<Id3Frame>();
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
            if (Unwrap(body, version, flags) is { } unwrapped)
                result.Add(new Id3Frame(name, unwrapped));
        }
        return result;
    }

    private static (string Name, long Size, int Flags) ReadHeader(ReadOnlySpan<byte> frame, int version) => version switch
    {
        2 => (Text(frame[..3]), (frame[3] << 16) | (frame[4] << 8) | frame[5], 0),
        3 => (Text(frame[..4]), BinaryPrimitives.ReadUInt32BigEndian(frame[4..]), frame[9]),
        _ => (Text(frame[..4]), Syncsafe(frame[4..]), frame[9]),
    };

    /// <summary>A frame's body without what its flags add; null when it is compressed or encrypted.</summary>
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

    /// <summary>Takes out the zeros that keep FF bytes from looking like the start of a sound frame.</summary>
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
