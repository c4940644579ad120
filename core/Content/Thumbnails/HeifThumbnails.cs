using System.Buffers.Binary;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>
/// Finds the small pictures that cameras put into HEIF and AVIF files beside the large one (ISO/IEC 23008-12). The decoder has no other
/// way to a picture than the primary one, so a copy of the file is changed to call a small one primary: that is as cheap as its pixels.
/// </summary>
internal static class HeifThumbnails
{
    private const int MaxThumbnails = 8;

    /// <summary>The numbers of the small pictures of the file's primary one; none when there are none or the file is damaged.</summary>
    public static IReadOnlyList<uint> Find(ReadOnlySpan<byte> file)
    {
        if (FindPrimary(file) is not { } place)
            return [];
        var primary = Read(file, place);
        var references = HeifBox.Find(file, place.Meta, "iref"u8);
        if (references is not { } box || box.Length < 4)
            return [];
        var isWide = file[box.Start] > 0;
        var found = new List<uint>();
        for (var rest = box.Skip(4); found.Count < MaxThumbnails && HeifBox.TryRead(file, rest, out var type, out var body, out rest);)
        {
            if (type.SequenceEqual("thmb"u8) && PointsTo(file[body.Start..body.End], isWide, primary, out var from))
                found.Add(from);
        }
        return found;
    }

    /// <summary>Makes another picture of the file its primary one.</summary>
    /// <param name="file">The file, which is changed.</param>
    /// <param name="picture">The picture's number.</param>
    public static void MakePrimary(Span<byte> file, uint picture)
    {
        if (FindPrimary(file) is not { } place)
            return;
        if (place.IsWide)
            BinaryPrimitives.WriteUInt32BigEndian(file[place.Offset..], picture);
        else
            BinaryPrimitives.WriteUInt16BigEndian(file[place.Offset..], (ushort)picture);
    }

    private static uint Read(ReadOnlySpan<byte> file, PrimaryPlace place) =>
        place.IsWide ? BinaryPrimitives.ReadUInt32BigEndian(file[place.Offset..]) : BinaryPrimitives.ReadUInt16BigEndian(file[place.Offset..]);

    /// <summary>Finds where the file says which of its pictures is the primary one.</summary>
    private static PrimaryPlace? FindPrimary(ReadOnlySpan<byte> file)
    {
        if (HeifBox.Find(file, new HeifBox(0, file.Length), "meta"u8) is not { Length: > 4 } meta)
            return null;
        var inner = meta.Skip(4);
        if (HeifBox.Find(file, inner, "pitm"u8) is not { Length: >= 6 } primary)
            return null;
        var isWide = file[primary.Start] > 0;
        return isWide && primary.Length < 8 ? null : new PrimaryPlace(inner, primary.Start + 4, isWide);
    }

    /// <summary>Reads a reference: from one picture to some others.</summary>
    private static bool PointsTo(ReadOnlySpan<byte> reference, bool isWide, uint target, out uint from)
    {
        from = 0;
        var size = isWide ? 4 : 2;
        if (reference.Length < size + 2)
            return false;
        from = Number(reference, isWide);
        var count = BinaryPrimitives.ReadUInt16BigEndian(reference[size..]);
        for (var at = size + 2; count > 0 && at + size <= reference.Length; at += size, count--)
        {
            if (Number(reference[at..], isWide) == target)
                return true;
        }
        return false;
    }

    private static uint Number(ReadOnlySpan<byte> bytes, bool isWide) =>
        isWide ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private sealed record PrimaryPlace(HeifBox Meta, int Offset, bool IsWide);
}
