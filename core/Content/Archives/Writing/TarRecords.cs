using System.Globalization;
using System.Text;

namespace Cloudreve.Core.Content.Archives.Writing;

/// <summary>
/// The records of a tar beside its content: ustar, with a pax header in front of entries whose names or sizes the old format has no room for, or whose
/// names are not ASCII.
/// </summary>
internal static class TarRecords
{
    /// <summary>Bytes of a header; content is filled up to a multiple.</summary>
    public const int BlockBytes = 512;

    private const int NameBytes = 100;

    // Eleven octal digits.
    private const long MaxSize = 0x1_FFFF_FFFF;

    /// <summary>The headers before the content of an entry.</summary>
    /// <param name="name">Its path in UTF-8; that of a folder ends in a slash.</param>
    /// <param name="modified">The time it last changed.</param>
    /// <param name="size">Bytes of its content.</param>
    public static byte[] Header(byte[] name, DateTimeOffset modified, long size)
    {
        var isFolder = name is [.., (byte)'/'];
        var time = Math.Clamp(modified.ToUnixTimeSeconds(), 0, MaxSize);
        var extensions = new MemoryStream();
        if (name.Length > NameBytes || name.AsSpan().ContainsAnyExceptInRange((byte)1, (byte)0x7F))
            extensions.Write(Extension("path", name));
        if (size > MaxSize)
            extensions.Write(Extension("size", Encoding.ASCII.GetBytes(size.ToString(CultureInfo.InvariantCulture))));
        var own = Block(name.AsSpan(0, Math.Min(name.Length, NameBytes)), isFolder ? '5' : '0', isFolder ? "0000755" : "0000644", Math.Min(size, MaxSize), time);
        if (extensions.Length == 0)
            return own;
        var records = extensions.ToArray();
        return [.. Block("PaxHeader"u8, 'x', "0000644", records.Length, time), .. records, .. new byte[PaddingOf(records.Length)], .. own];
    }

    /// <summary>Bytes that fill the content of an entry up.</summary>
    /// <param name="size">Bytes of the content.</param>
    public static int PaddingOf(long size) => (int)((BlockBytes - (size % BlockBytes)) % BlockBytes);

    /// <summary>The end of a tar.</summary>
    public static byte[] End() => new byte[2 * BlockBytes];

    private static byte[] Block(ReadOnlySpan<byte> name, char type, string mode, long size, long time)
    {
        var block = new byte[BlockBytes];
        name.CopyTo(block);
        Write(block, 100, mode);
        Write(block, 108, "0000000");
        Write(block, 116, "0000000");
        Write(block, 124, Octal(size, 11));
        Write(block, 136, Octal(time, 11));
        Write(block, 148, "        ");
        block[156] = (byte)type;
        Write(block, 257, "ustar");
        Write(block, 263, "00");
        var sum = 0L;
        foreach (var b in block)
            sum += b;
        Write(block, 148, Octal(sum, 6) + "\0 ");
        return block;
    }

    /// <summary>A record whose length counts its own digits.</summary>
    private static byte[] Extension(string key, byte[] value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            length++;
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} {key}=")), .. value, (byte)'\n'];
    }

    private static string Octal(long value, int digits) => Convert.ToString(value, 8).PadLeft(digits, '0');

    private static void Write(byte[] block, int at, string text) => Encoding.ASCII.GetBytes(text).CopyTo(block, at);
}
