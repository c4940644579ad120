using System.Buffers.Binary;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>
/// Finds the Exif data of a picture, which are a TIFF file of their own: in a JPEG, PNG, WebP, HEIF or AVIF file; raw files of cameras are TIFF
/// files themselves. Every step of it is counted.
/// </summary>
internal static class ExifPlace
{
    private const int RafJpeg = 84;

    /// <summary>The Exif data; empty for a picture without any.</summary>
    /// <param name="head">The start of the picture.</param>
    /// <param name="work">Bounds the work.</param>
    /// <exception cref="MediaException">There is too much to look through.</exception>
    public static ReadOnlyMemory<byte> Find(ReadOnlyMemory<byte> head, WorkBudget work) => head.Span switch
    {
        [(byte)'I', (byte)'I', ..] or [(byte)'M', (byte)'M', ..] => head,
        [0xFF, 0xD8, ..] => FindInJpeg(head, work),
        [0x89, (byte)'P', (byte)'N', (byte)'G', _, _, _, _, ..] => FindInPng(head, work),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => FindInWebP(head, work),
        [(byte)'F', (byte)'U', (byte)'J', (byte)'I', ..] when head.Length > RafJpeg + 4
            && BinaryPrimitives.ReadUInt32BigEndian(head.Span[RafJpeg..]) is var at && at < head.Length => FindInJpeg(head[(int)at..], work),
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => FindInHeif(head, work),
        _ => default,
    };

    private static ReadOnlyMemory<byte> FindInJpeg(ReadOnlyMemory<byte> jpeg, WorkBudget work)
    {
        var bytes = jpeg.Span;
        for (var at = 2; at + 4 <= bytes.Length && bytes[at] == 0xFF; work.Spend())
        {
            if (bytes[at + 1] == 0xFF)
            {
                at++;
                continue;
            }
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            // Behind the start of scan there are pixels.
            if (bytes[at + 1] is 0xDA or 0xD9 || length < 2 || at + 2 + length > bytes.Length)
                return default;
            if (bytes[at + 1] == 0xE1 && WithoutName(jpeg.Slice(at + 4, length - 2)) is { Length: > 0 } exif)
                return exif;
            at += 2 + length;
        }
        return default;
    }

    private static ReadOnlyMemory<byte> FindInPng(ReadOnlyMemory<byte> png, WorkBudget work)
    {
        for (var at = 8; at + 12 <= png.Length; work.Spend())
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.Span[at..]);
            if (length > png.Length - at - 12)
                return default;
            if (png.Span[(at + 4)..].StartsWith("eXIf"u8))
                return png.Slice(at + 8, (int)length);
            at += 12 + (int)length;
        }
        return default;
    }

    private static ReadOnlyMemory<byte> FindInWebP(ReadOnlyMemory<byte> webp, WorkBudget work)
    {
        for (var at = 12; at + 8 <= webp.Length; work.Spend())
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(webp.Span[(at + 4)..]);
            if (length > webp.Length - at - 8)
                return default;
            var body = webp.Slice(at + 8, (int)length);
            if (webp.Span[at..].StartsWith("EXIF"u8))
                return WithoutName(body) is { Length: > 0 } exif ? exif : body;
            // Chunks of odd length are padded.
            at += 8 + (int)length + (int)(length & 1);
        }
        return default;
    }

    /// <summary>What follows the name that JPEG gives to Exif data; empty for other data.</summary>
    private static ReadOnlyMemory<byte> WithoutName(ReadOnlyMemory<byte> data) => data.Span.StartsWith("Exif\0\0"u8) ? data[6..] : default;

    /// <summary>Exif data of HEIF are an item of the type <c>Exif</c>, which begins with the length of what stands before them.</summary>
    private static ReadOnlyMemory<byte> FindInHeif(ReadOnlyMemory<byte> heif, WorkBudget work)
    {
        if (FindBox(heif.Span, new HeifBox(0, heif.Length), "meta"u8, work) is not { Length: > 4 } meta)
            return default;
        var inner = meta.Skip(4);
        if (FindBox(heif.Span, inner, "iinf"u8, work) is not { Length: > 6 } infos || FindBox(heif.Span, inner, "iloc"u8, work) is not { Length: > 8 } places
            || FindItem(heif.Span, infos, work) is not { } item || new HeifPlaces(heif[places.Start..places.End], work).Find(item) is not var (start, length)
            || length < 4 || start > heif.Length || length > heif.Length - start)
            return default;
        var data = heif.Slice((int)start, (int)length);
        var before = BinaryPrimitives.ReadUInt32BigEndian(data.Span);
        return before <= data.Length - 4 ? data[(4 + (int)before)..] : default;
    }

    private static HeifBox? FindBox(ReadOnlySpan<byte> file, HeifBox within, ReadOnlySpan<byte> wanted, WorkBudget work)
    {
        for (var rest = within; HeifBox.TryRead(file, rest, out var type, out var body, out rest); work.Spend())
        {
            if (type.SequenceEqual(wanted))
                return body;
        }
        return null;
    }

    private static uint? FindItem(ReadOnlySpan<byte> file, HeifBox infos, WorkBudget work)
    {
        for (var rest = infos.Skip(file[infos.Start] == 0 ? 6 : 8); rest.Length > 0 && HeifBox.TryRead(file, rest, out var type, out var body, out rest); work.Spend())
        {
            // Version 2 has numbers of two bytes, version 3 of four; then two bytes of protection, and the type.
            if (!type.SequenceEqual("infe"u8) || body.Length < 14 || file[body.Start] is not (2 or 3))
                continue;
            var isWide = file[body.Start] == 3;
            var number = file[(body.Start + 4)..];
            if (number[((isWide ? 4 : 2) + 2)..].StartsWith("Exif"u8))
                return isWide ? BinaryPrimitives.ReadUInt32BigEndian(number) : BinaryPrimitives.ReadUInt16BigEndian(number);
        }
        return null;
    }
}
