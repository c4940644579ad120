using System.Buffers.Binary;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>The cover of an MP4 file: box moov/udta/meta/ilst/covr/data, as iTunes writes it.</summary>
internal static class Mp4Cover
{
    private const int MaxBoxes = 1024;

    // A box "meta" has four bytes before its children, "data" eight before its value.
    private static readonly (string Name, int Skip)[] Way = [("moov", 0), ("udta", 0), ("meta", 4), ("ilst", 0), ("covr", 0), ("data", 8)];

    /// <summary>The cover; null for none.</summary>
    /// <param name="content">An MP4 file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        long start = 0;
        var end = content.Size;
        foreach (var (name, skip) in Way)
        {
            if (await FindBoxAsync(content, start, end, name, cancellationToken) is not { } box)
                return null;
            (start, end) = (box.Start + skip, box.End);
        }
        return end > start ? await content.ReadAsync(start, end - start, cancellationToken) : null;
    }

    /// <summary>The content of the first box of a name; null for none.</summary>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<(long Start, long End)?> FindBoxAsync(ContentWindow content, long start, long end, string name, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxBoxes && end - start >= 8; i++)
        {
            var header = (await content.ReadAsync(start, Math.Min(16, end - start), cancellationToken)).ToArray();
            var (length, body) = ReadHeader(header, end - start);
            if (length < body || length > end - start)
                throw ContentWindow.Damaged();
            if (System.Text.Encoding.Latin1.GetString(header, 4, 4) == name)
                return (start + body, start + length);
            start += length;
        }
        return null;
    }

    private static (long Length, int Body) ReadHeader(byte[] header, long rest) => BinaryPrimitives.ReadUInt32BigEndian(header) switch
    {
        0 => (rest, 8),
        1 when header.Length == 16 => (BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8)), 16),
        var length => (length, 8),
    };
}
