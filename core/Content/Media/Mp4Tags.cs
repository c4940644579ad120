using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Thumbnails.Covers;

namespace Cloudreve.Core.Content.Media;

/// <summary>The texts of box moov/udta/meta/ilst of an MP4 file, as iTunes writes them.</summary>
internal static class Mp4Tags
{
    /// <summary>The name of the box with the number of the track.</summary>
    public const string Track = "trkn";

    private const int MaxTags = 256;
    private const int MaxBytes = 4096;

    // A box "data" has its type and language before the value.
    private const int DataHeader = 16;
    private const uint Utf8 = 1;

    // A box "meta" has four bytes before its children.
    private static readonly (string Name, int Skip)[] s_way = [("moov", 0), ("udta", 0), ("meta", 4), ("ilst", 0)];

    /// <summary>Names of boxes with their values.</summary>
    /// <param name="content">An MP4 file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<IReadOnlyList<(string Name, string Value)>> ReadAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        long start = 0;
        var end = content.Size;
        foreach (var (name, skip) in s_way)
        {
            if (await Mp4Cover.FindBoxAsync(content, start, end, name, cancellationToken) is not { } box)
                return [];
            (start, end) = (box.Start + skip, box.End);
        }
        var tags = new List<(string, string)>();
        for (var i = 0; i < MaxTags && end - start >= 8; i++)
        {
            var header = (await content.ReadAsync(start, 8, cancellationToken)).ToArray();
            long length = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (length < 8 || length > end - start)
                throw ContentWindow.Damaged();
            if (length <= MaxBytes && ValueOf(Encoding.Latin1.GetString(header, 4, 4), await content.ReadAsync(start + 8, length - 8, cancellationToken)) is { } tag)
                tags.Add(tag);
            start += length;
        }
        return tags;
    }

    private static (string, string)? ValueOf(string name, ReadOnlyMemory<byte> box)
    {
        if (box.Length <= DataHeader || !box.Span[4..].StartsWith("data"u8))
            return null;
        var value = box.Span[DataHeader..];
        if (name == Track)
            return value.Length < 4 ? null : (name, BinaryPrimitives.ReadUInt16BigEndian(value[2..]).ToString(CultureInfo.InvariantCulture));
        return BinaryPrimitives.ReadUInt32BigEndian(box.Span[8..]) == Utf8 ? (name, Encoding.UTF8.GetString(value)) : null;
    }
}
