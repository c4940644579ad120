using System.Buffers.Binary;
using System.Text;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>Makes music files with a cover and without music.</summary>
internal static class MusicFiles
{
    public static byte[] Id3V22(byte[] cover) =>
        Id3(2, 0, [.. "PIC"u8, .. BigEndian(cover.Length + 6)[1..], 0, .. "PNG"u8, 3, 0, .. cover, .. new byte[20]]);

    public static byte[] Id3V23(byte[] cover, byte[]? other = null) =>
        Id3(3, 0, [.. Frame("TIT2", [0, .. "title"u8]), .. other is null ? [] : Picture(4, other), .. Picture(3, cover), .. new byte[20]]);

    /// <summary>With a UTF-16 description and all FF 00 and FF Ex escaped.</summary>
    public static byte[] Id3V23Unsynchronised(byte[] cover) =>
        Id3(3, 0x80, Escape(Frame("APIC", [1, .. "image/png\0"u8, 3, 0xFF, 0xFE, (byte)'x', 0, 0, 0, .. cover])));

    /// <summary>With an extended header, and a frame that says its length again.</summary>
    public static byte[] Id3V24(byte[] cover)
    {
        byte[] body = [.. Syncsafe(cover.Length), 3, .. "image/png\0"u8, 3, .. "é\0"u8, .. cover];
        return Id3(4, 0x40, [.. Syncsafe(6), 1, 0, .. "APIC"u8, .. Syncsafe(body.Length), 0, 1, .. body]);
    }

    public static byte[] Flac(byte[] cover)
    {
        var picture = FlacPicture(cover);
        return [.. "fLaC"u8, 0, 0, 0, 34, .. new byte[34], 0x86, .. BigEndian(picture.Length)[1..], .. picture, .. new byte[100]];
    }

    /// <summary>With the index behind the music.</summary>
    public static byte[] Mp4(byte[] cover) =>
    [
        .. Box("ftyp", "M4A \0\0\0\0"u8.ToArray()),
        .. Box("mdat", new byte[200_000]),
        .. Box("moov", [
            .. Box("mvhd", new byte[100]),
            .. Box("udta", Box("meta", [0, 0, 0, 0, .. Box("hdlr", new byte[25]), .. Box("ilst", [
                .. Box("\u00A9nam", Box("data", new byte[12])),
                .. Box("covr", Box("data", [0, 0, 0, 14, 0, 0, 0, 0, .. cover]))])])),
        ]),
    ];

    /// <summary>With the comments on several pages.</summary>
    public static byte[] Opus(byte[] cover)
    {
        byte[] comments = [.. "OpusTags"u8, .. Comments("TITLE=x", "metadata_block_picture=" + Convert.ToBase64String(FlacPicture(cover)))];
        return [.. Pages([.. "OpusHead"u8, 1, 2, .. new byte[9]]), .. Pages(comments)];
    }

    public static byte[] Vorbis(byte[] cover)
    {
        byte[] comments = [.. "\u0003vorbis"u8, .. Comments("METADATA_BLOCK_PICTURE=" + Convert.ToBase64String(FlacPicture(cover))), 1];
        return [.. Pages([.. "\u0001vorbis"u8, .. new byte[23]]), .. Pages(comments)];
    }

    /// <summary>With a title in UTF-16, and a number of the track with that of all.</summary>
    public static byte[] Id3V23Texts() => Id3(3, 0,
        [.. Frame("TIT2", [1, 0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Für Elise")]), .. Frame("TPE1", [0, .. "Anna\0"u8]), .. Frame("TRCK", [0, .. "03/12"u8]), .. Frame("TYER", [0, .. "1998"u8])]);

    /// <summary>With two artists in one frame.</summary>
    public static byte[] Id3V24Texts() => Id3(4, 0,
        [.. Frame("TPE1", [3, .. "Ann\0Bob"u8]), .. Frame("TALB", [3, .. "Ålbum"u8]), .. Frame("TDRC", [3, .. "2001-05-06"u8]), .. Frame("APIC", [0, .. "image/png\0"u8, 3, 0, 1, 2])]);

    public static byte[] FlacTexts()
    {
        var comments = Comments("TITLE=Lied", "artist=Band", "ALBUMARTIST=Alle", "GENRE=Jazz", "DATE=1999", "TRACKNUMBER=7", "LYRICS=la la");
        return [.. "fLaC"u8, 0, 0, 0, 34, .. new byte[34], 0x84, .. BigEndian(comments.Length)[1..], .. comments, .. new byte[100]];
    }

    public static byte[] OpusTexts() =>
        [.. Pages([.. "OpusHead"u8, 1, 2, .. new byte[9]]), .. Pages([.. "OpusTags"u8, .. Comments("TITLE=x", "COMPOSER=C. Omposer")])];

    public static byte[] Mp4Texts() =>
    [
        .. Box("ftyp", "M4A \0\0\0\0"u8.ToArray()),
        .. Box("mdat", new byte[200_000]),
        .. Box("moov", Box("udta", Box("meta", [0, 0, 0, 0, .. Box("ilst", [
            .. Box("\u00A9nam", Box("data", [0, 0, 0, 1, 0, 0, 0, 0, .. "Song ü"u8])),
            .. Box("trkn", Box("data", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 9, 0, 0])),
            .. Box("covr", Box("data", [0, 0, 0, 14, 0, 0, 0, 0, .. new byte[9000]]))])]))),
    ];

    public static byte[] Id3V24Empty(int frames) => Id3(4, 0, [.. Enumerable.Repeat(Frame("TXXX", []), frames).SelectMany(b => b)]);

    /// <summary>With blocks that say they are pictures and are none.</summary>
    public static byte[] FlacOfPictures(int blocks, int length)
    {
        var file = new byte[4 + (blocks * (4 + length)) + 4];
        "fLaC"u8.CopyTo(file);
        var header = BigEndian((6 << 24) | length);
        for (var i = 0; i < blocks; i++)
            header.CopyTo(file, 4 + (i * (4 + length)));
        file[^4] = 0x86;
        return file;
    }

    public static byte[] OpusEmpty(int comments) =>
        [.. Pages([.. "OpusHead"u8, 1, 2, .. new byte[9]]), .. Pages([.. "OpusTags"u8, .. Comments([.. Enumerable.Repeat("", comments)])])];

    private static byte[] Id3(byte version, byte flags, byte[] frames) => [.. "ID3"u8, version, 0, flags, .. Syncsafe(frames.Length), .. frames, .. new byte[64]];

    private static byte[] Picture(byte type, byte[] picture) => Frame("APIC", [0, .. "image/png\0"u8, type, .. "cover\0"u8, .. picture]);

    private static byte[] Frame(string name, byte[] body) => [.. Encoding.Latin1.GetBytes(name), .. BigEndian(body.Length), 0, 0, .. body];

    private static byte[] Escape(byte[] data) =>
        [.. data.SelectMany((b, i) => b == 0xFF && (i + 1 == data.Length || data[i + 1] is 0 or >= 0xE0) ? (byte[])[b, 0] : [b])];

    private static byte[] FlacPicture(byte[] picture) =>
        [0, 0, 0, 3, .. BigEndian(9), .. "image/png"u8, .. BigEndian(0), .. new byte[16], .. BigEndian(picture.Length), .. picture];

    private static byte[] Box(string name, byte[] body) => [.. BigEndian(body.Length + 8), .. Encoding.Latin1.GetBytes(name), .. body];

    private static byte[] Comments(params string[] comments) =>
        [.. Text("vendor"), .. LittleEndian(comments.Length), .. comments.SelectMany(Text)];

    private static byte[] Text(string text) => [.. LittleEndian(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] Pages(byte[] packet)
    {
        var result = new List<byte>();
        // A packet whose length is a multiple of 255 ends with an empty segment.
        var segments = Enumerable.Repeat((byte)255, packet.Length / 255).Append((byte)(packet.Length % 255)).ToArray();
        foreach (var page in segments.Chunk(255))
        {
            var length = page.Sum(b => b);
            result.AddRange([.. "OggS"u8, .. new byte[22], (byte)page.Length, .. page, .. packet[..length]]);
            packet = packet[length..];
        }
        return [.. result];
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] LittleEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Syncsafe(int value) => [(byte)((value >> 21) & 0x7F), (byte)((value >> 14) & 0x7F), (byte)((value >> 7) & 0x7F), (byte)(value & 0x7F)];
}
