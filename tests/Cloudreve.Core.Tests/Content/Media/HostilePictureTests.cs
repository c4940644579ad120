using System.Buffers.Binary;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Media.Formats;
using MetadataExtractor;
using MetadataExtractor.Formats.Exif;
using Xunit;
using Directory = MetadataExtractor.Directory;

namespace Cloudreve.Core.Tests.Content.Media;

/// <summary>Pictures of 1 MiB that would keep a parser busy, or fill its memory.</summary>
public sealed class HostilePictureTests
{
    private const int Size = 1024 * 1024;
    private const int MostSteps = 20_000;
    private const long MostBytes = 32 * 1024 * 1024;
    private const int Entry = 12;

    private static readonly HashSet<int> s_known = [ExifDirectoryBase.TagArtist, ExifDirectoryBase.TagMake];

    public static TheoryData<string> Kinds => [.. Pictures.Keys];

    private static Dictionary<string, byte[]> Pictures { get; } = new()
    {
        ["directories that overlap and point to each other"] = Tiff(i => (ExifIfd0Directory.TagExifSubIfdOffset, 4, 1, 8 + (i % 1000 * 2))),
        ["one tag that points to 200,000 directories"] = Tiff(_ => (ExifIfd0Directory.TagGpsInfoOffset, 4, 200_000, 8)),
        ["known tags with the whole file as their value"] = Tiff(_ => (ExifDirectoryBase.TagArtist, 1, Size - 16, 8)),
        ["known tags of 4 KiB"] = Tiff(_ => (ExifDirectoryBase.TagArtist, 1, 4096, 8)),
        ["other tags with the whole file as their value"] = Tiff(i => (0xC000 + (i % 0x3000), 5, (Size / 8) - 16, 8)),
        ["makers' notes"] = Tiff(_ => (0x927C, 7, Size - 16, 8)),
        ["tags of no type"] = Tiff(_ => (ExifDirectoryBase.TagArtist, 99, 1, 0)),
        ["tags beyond the end"] = Tiff(_ => (ExifDirectoryBase.TagArtist, 2, 100, Size)),
        ["empty segments of a JPEG"] = [0xFF, 0xD8, .. Repeat([0xFF, 0xE1, 0, 2])],
        ["empty chunks of a PNG"] = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, .. Repeat([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])],
        ["empty chunks of a WebP"] = [.. "RIFF0000WEBP"u8, .. Repeat([1, 2, 3, 4, 0, 0, 0, 0])],
        ["empty boxes of a HEIF"] = [.. "\0\0\0\bftyp"u8, .. Repeat([0, 0, 0, 8, 1, 2, 3, 4])],
        ["nested boxes of a HEIF"] = [.. "\0\0\0\bftyp"u8, .. Nested("meta"u8.ToArray())],
        ["places of a HEIF without end"] = Heif([0, 0, 0, 0, 0, 0, 0xFF, 0xFF, .. Repeat([0])]),
        ["parts of a HEIF without end"] = Heif([0, 0, 0, 0, 0, 0, 0xFF, 0xFF, .. Repeat([0, 7, 0, 0, 0xFF, 0xFF])]),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Given_a_hostile_picture_when_it_is_read_then_work_and_memory_are_bounded(string kind)
    {
        var picture = Pictures[kind];
        var work = TiffTagReader.Work(CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Attempt(picture, work);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
        Assert.InRange(work.Spent, 1, MostSteps);
    }

    [Fact]
    public void Given_a_reader_that_is_stopped_when_a_picture_has_many_tags_then_it_ends()
    {
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();

        Assert.Throws<OperationCanceledException>(() => Attempt(Pictures["known tags of 4 KiB"], TiffTagReader.Work(stopped.Token)));
    }

    private static void Attempt(byte[] picture, Core.Infrastructure.Parsing.WorkBudget work)
    {
        try
        {
            if (ExifPlace.Find(picture, work) is { Length: > 0 } exif)
                TiffTagReader.Read(exif, s_known, new List<Directory>(), work);
        }
        catch (Exception e) when (e is MediaException or ImageProcessingException or IOException)
        {
            // That is what it may say.
        }
    }

    /// <summary>A directory of as many tags as fit: tag, type, count and value.</summary>
    private static byte[] Tiff(Func<int, (int Tag, int Type, int Count, int Value)> tag)
    {
        var file = new byte[Size];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), 8);
        // A count of 65,000 looks like one of another byte order to the library unless its low byte is used.
        const ushort Count = 65_001;
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(8), Count);
        for (var i = 0; i < Count && 10 + ((i + 1) * Entry) <= file.Length; i++)
        {
            var (number, type, count, value) = tag(i);
            var entry = file.AsSpan(10 + (i * Entry));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)number);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)type);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], count);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], value);
        }
        return file;
    }

    private static IEnumerable<byte> Repeat(byte[] part) => Enumerable.Range(0, Size / part.Length).SelectMany(_ => part);

    private static byte[] Box(string name, byte[] body)
    {
        var box = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(box, box.Length);
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(box, 4);
        body.CopyTo(box, 8);
        return box;
    }

    private static byte[] Nested(byte[] name)
    {
        var boxes = new byte[Size];
        for (var at = 0; at + 12 <= Size; at += 12)
        {
            BinaryPrimitives.WriteInt32BigEndian(boxes.AsSpan(at), Size - at);
            name.CopyTo(boxes, at + 4);
        }
        return boxes;
    }

    /// <summary>A picture with an item of Exif data, number 9, and a list of places.</summary>
    private static byte[] Heif(byte[] places)
    {
        var item = Box("infe", [2, 0, 0, 0, 0, 9, 0, 0, .. "Exif"u8, 0, 0]);
        return [.. "\0\0\0\bftyp"u8, .. Box("meta", [0, 0, 0, 0, .. Box("iinf", [0, 0, 0, 0, 0, 1, .. item]), .. Box("iloc", places)])];
    }
}
