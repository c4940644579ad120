using System.Globalization;
using System.Text;
using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>A header of a tar: POSIX ustar and pax, and the extensions of GNU.</summary>
internal readonly ref struct TarHeader
{
    /// <summary>Bytes of a header; content is filled up to a multiple.</summary>
    public const int BlockBytes = 512;

    private const int ChecksumAt = 148;
    private const int ChecksumBytes = 8;

    private readonly ReadOnlySpan<byte> _block;

    /// <param name="block">The header's bytes.</param>
    public TarHeader(ReadOnlySpan<byte> block) => _block = block;

    /// <summary>The kind of the entry.</summary>
    public char Type => (char)_block[156];

    /// <summary>Bytes of its content.</summary>
    public long Size => Number(124, 12);

    /// <summary>The time it last changed.</summary>
    public long Modified => Number(136, 12);

    /// <summary>True if more headers follow that say which parts of a sparse file exist.</summary>
    public bool HasMoreParts => _block[482] != 0;

    /// <summary>Its name, in whatever encoding.</summary>
    public byte[] Name
    {
        get
        {
            var name = Text(0, 100);
            var prefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(345, 155) : default;
            return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
        }
    }

    /// <summary>True for a block of zeros, which ends a tar.</summary>
    public static bool IsEnd(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Checks whether bytes are a header.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> block)
    {
        if (block.Length < BlockBytes || IsEnd(block) || !TryParse(block.Slice(ChecksumAt, ChecksumBytes), out var expected))
            return false;
        var (sum, signed) = (0L, 0L);
        for (var i = 0; i < BlockBytes; i++)
        {
            var b = i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? (byte)' ' : block[i];
            // Some old programs added signed bytes.
            (sum, signed) = (sum + b, signed + unchecked((sbyte)b));
        }
        return expected == sum || expected == signed;
    }

    /// <summary>The values of a pax header.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static Dictionary<string, byte[]> Extensions(ReadOnlySpan<byte> records)
    {
        var values = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (records.Length > 0 && records[0] != 0)
        {
            var space = records.IndexOf((byte)' ');
            if (space < 1 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 2 || length > records.Length || records[length - 1] != '\n')
                throw new InvalidDataException("A header has a record that is not valid.");
            var record = records[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
                throw new InvalidDataException("A header has a record without a name.");
            values[Encoding.UTF8.GetString(record[..equals])] = record[(equals + 1)..].ToArray();
            records = records[length..];
        }
        return values;
    }

    /// <summary>Decodes a name. That of a pax header is in UTF-8.</summary>
    public static string Decode(byte[] name, NameEncoding? encoding) => encoding is null ? Encoding.UTF8.GetString(name) : encoding.Decode(name);

    private ReadOnlySpan<byte> Text(int at, int length)
    {
        var field = _block.Slice(at, length);
        return field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;
    }

    private long Number(int at, int length)
    {
        var field = _block.Slice(at, length);
        // Numbers that octal digits have no room for are stored as bytes, the highest first.
        if ((field[0] & 0x80) == 0)
            return TryParse(field, out var octal) ? octal : throw new InvalidDataException("A header has a number that is not valid.");
        var value = (field[0] & 0x40) != 0 ? -1L : 0;
        for (var i = field.Length - 8; i < field.Length; i++)
            value = (value << 8) | field[i];
        return value;
    }

    private static bool TryParse(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        var digits = field.Trim(" \0"u8);
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }
        return true;
    }
}
