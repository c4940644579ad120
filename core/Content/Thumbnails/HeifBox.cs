using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>The body of a box of a HEIF file (ISO/IEC 14496-12): bytes of the file.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="End">The byte behind the last one.</param>
internal readonly record struct HeifBox(int Start, int End)
{
    private const int HeadBytes = 8;
    private const int LongHeadBytes = 16;

    public int Length => End - Start;

    public HeifBox Skip(int bytes) => this with { Start = Start + bytes };

    /// <summary>The first box of a type; null when there is none.</summary>
    public static HeifBox? Find(ReadOnlySpan<byte> file, HeifBox within, ReadOnlySpan<byte> wanted)
    {
        for (var rest = within; TryRead(file, rest, out var type, out var body, out rest);)
        {
            if (type.SequenceEqual(wanted))
                return body;
        }
        return null;
    }

    /// <summary>Reads the next box; false at the end, and where the sizes contradict each other.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, HeifBox within, out ReadOnlySpan<byte> type, out HeifBox body, out HeifBox rest)
    {
        type = default;
        (body, rest) = (default, default);
        if (within.Length < HeadBytes)
            return false;
        var bytes = file[within.Start..within.End];
        ulong size = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var head = HeadBytes;
        if (size == 1)
        {
            if (bytes.Length < LongHeadBytes)
                return false;
            (size, head) = (BinaryPrimitives.ReadUInt64BigEndian(bytes[HeadBytes..]), LongHeadBytes);
        }
        else if (size == 0)
        {
            size = (ulong)bytes.Length;
        }
        if (size < (ulong)head || size > (ulong)bytes.Length)
            return false;
        type = bytes[4..8];
        body = new HeifBox(within.Start + head, within.Start + (int)size);
        rest = within.Skip((int)size);
        return true;
    }
}
