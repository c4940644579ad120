using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>A part of some content.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">How many bytes; at least one.</param>
internal readonly record struct ByteRange(long Offset, long Length);

/// <summary>Reads the header Range (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    private const int MaxRanges = 50;

    /// <summary>The parts that a request asks for: null for the whole content, none for a request that cannot be satisfied.</summary>
    /// <param name="request">The request.</param>
    /// <param name="etag">The content's strong ETag, in quotes.</param>
    /// <param name="size">The content's length in bytes.</param>
    public static IReadOnlyList<ByteRange>? Parse(HttpRequest request, string etag, long size)
    {
        // For other methods the header has no meaning.
        if (!HttpMethods.IsGet(request.Method)
            || !RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header)
            || header.Unit != "bytes"
            || header.Ranges.Count is 0 or > MaxRanges)
            return null;
        // A time never matches, since content is told apart by its ETag alone.
        if (request.Headers.IfRange is { Count: > 0 } condition && condition.ToString() != etag)
            return null;
        var ranges = header.Ranges.Select(r => Resolve(r, size)).OfType<ByteRange>().ToList();
        // Whoever asks for more than there is gets it once.
        return ranges.Count > 1 && ranges.Sum(r => (decimal)r.Length) > size ? null : ranges;
    }

    private static ByteRange? Resolve(RangeItemHeaderValue range, long size)
    {
        var from = range.From ?? Math.Max(0, size - range.To!.Value);
        var to = range.From is null ? size - 1 : Math.Min(range.To ?? (size - 1), size - 1);
        return from >= size || to < from ? null : new ByteRange(from, to - from + 1);
    }
}
