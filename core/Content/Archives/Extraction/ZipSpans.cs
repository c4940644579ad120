using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>Parts of a zip in memory, each with several entries.</summary>
internal sealed class ZipSpans
{
    private const long MostBytes = 4 << 20;

    // What lies between wanted entries is read, too, as long as that takes less than another request.
    private const long MostBetween = 64 << 10;

    private const int ReadersAtOnce = 4;

    private readonly List<(long Start, byte[] Bytes)> _parts = [];

    private ZipSpans()
    {
    }

    /// <summary>Reads the entries that stand close to others: one transaction for each 4 MiB.</summary>
    /// <param name="zip">The zip.</param>
    /// <param name="members">The entries, all of which are small.</param>
    public static async Task<ZipSpans> ReadAsync(ZipSource zip, IEnumerable<ZipMember> members, CancellationToken cancellationToken)
    {
        var spans = new ZipSpans();
        await BoundedParallel.ForEachAsync(
            Plan([.. members.Select(zip.RangeOf).Where(range => range.Length > 0).OrderBy(range => range.Start)]),
            ReadersAtOnce,
            async (range, token) =>
            {
                var bytes = await zip.ReadPartAsync(range.Start, (int)range.Length, token);
                lock (spans._parts)
                    spans._parts.Add((range.Start, bytes));
            },
            cancellationToken);
        return spans;
    }

    /// <summary>A part of the zip; null when it is not in memory.</summary>
    public MemoryStream? Find(long start, long length)
    {
        foreach (var (first, bytes) in _parts)
        {
            if (start >= first && start + length <= first + bytes.Length)
                return new MemoryStream(bytes, (int)(start - first), (int)length, writable: false);
        }
        return null;
    }

    private static IEnumerable<(long Start, long Length)> Plan(IReadOnlyList<(long Start, long Length)> ranges)
    {
        for (var i = 0; i < ranges.Count;)
        {
            var (start, end, count) = (ranges[i].Start, ranges[i].Start + ranges[i].Length, 1);
            for (i++; i < ranges.Count && ranges[i].Start <= end + MostBetween && ranges[i].Start + ranges[i].Length <= start + MostBytes; i++, count++)
                end = Math.Max(end, ranges[i].Start + ranges[i].Length);
            // A single entry is read when it is opened.
            if (count > 1)
                yield return (start, end - start);
        }
    }
}
