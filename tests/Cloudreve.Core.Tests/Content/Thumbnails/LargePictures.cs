using System.Buffers.Binary;
using System.Text;
using ImageMagick;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>Creates pictures that claim to be larger than fits into memory.</summary>
internal static class LargePictures
{
    /// <summary>A JPEG with another size in its header; what is missing behind its content is grey.</summary>
    public static byte[] Jpeg(ushort width, ushort height, bool isProgressive)
    {
        var jpeg = Pictures.RedAndBlue(MagickFormat.Jpeg, change: image => image.Settings.Interlace = isProgressive ? Interlace.Jpeg : Interlace.NoInterlace);
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, (byte)(isProgressive ? 0xC2 : 0xC0), 0x00, 0x11]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), height);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), width);
        return jpeg;
    }

    /// <summary>An AVIF whose primary picture has a size of its own, and whose small picture is red and blue. HEIC differs in the codec alone.</summary>
    public static byte[] Avif(uint width, uint height, (uint Width, uint Height)? small)
    {
        var coded = Pictures.RedAndBlue(MagickFormat.Avif, small?.Width ?? 320, small?.Height ?? 160);
        var configuration = BoxOf(coded, "av1C");
        var content = BoxOf(coded, "mdat")[8..];
        var type = Box("ftyp", [.. "avif"u8, 0, 0, 0, 0, .. "avif"u8, .. "mif1"u8, .. "miaf"u8]);
        // The place of the content depends on the length of what says it.
        var head = Meta(0);
        var start = type.Length + head.Length + 8;
        return [.. type, .. Meta((uint)start), .. Box("mdat", content)];

        byte[] Meta(uint offset) => Box(
            "meta",
            [
                0, 0, 0, 0,
                .. Box("hdlr", [0, 0, 0, 0, 0, 0, 0, 0, .. "pict"u8, .. new byte[12], 0]),
                .. Box("pitm", [0, 0, 0, 0, 0, 1]),
                .. Box("iinf", [0, 0, 0, 0, 0, 2, .. Item(1), .. Item(2)]),
                .. small is null ? [] : Box("iref", [0, 0, 0, 0, .. Box("thmb", [0, 2, 0, 1, 0, 1])]),
                .. Box(
                    "iprp",
                    [
                        .. Box("ipco", [.. Size(width, height), .. Size(small?.Width ?? 320, small?.Height ?? 160), .. configuration, .. Box("pixi", [0, 0, 0, 0, 3, 8, 8, 8])]),
                        .. Box("ipma", [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 3, 1, 0x83, 4, 0, 2, 3, 2, 0x83, 4]),
                    ]),
                .. Box("iloc", [0, 0, 0, 0, 0x44, 0, 0, 2, .. Place(1, offset), .. Place(2, offset)]),
            ]);

        byte[] Place(byte item, uint offset) => [0, item, 0, 0, 0, 1, .. Number(offset), .. Number((uint)content.Length)];
    }

    private static byte[] Item(byte number) => Box("infe", [2, 0, 0, 0, 0, number, 0, 0, .. "av01"u8, 0]);

    private static byte[] Size(uint width, uint height) => Box("ispe", [0, 0, 0, 0, .. Number(width), .. Number(height)]);

    private static byte[] Box(string type, ReadOnlySpan<byte> body) => [.. Number((uint)body.Length + 8), .. Encoding.ASCII.GetBytes(type), .. body];

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] BoxOf(byte[] file, string type)
    {
        var start = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(type)) - 4;
        return file[start..(start + (int)BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(start)))];
    }
}
