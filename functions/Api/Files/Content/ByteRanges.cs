using System.Globalization;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>A part of some content.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Number of bytes; at least one.</param>
internal readonly record struct ByteRange(long Offset, long Length);

/// <summary>Reads the header Range (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    private const int MaxRanges = 50;
    private const string Unit = "bytes=";

    /// <summary>The requested parts: null for the whole content, none for a request that cannot be satisfied.</summary>
    /// <param name="etag">The content's strong ETag, in quotes.</param>
    /// <param name="size">The content's length in bytes.</param>
    public static IReadOnlyList<ByteRange>? Parse(HttpRequest request, string etag, long size)
    {
        // The header has no meaning for other methods, and empty content has no parts.
        if (!HttpMethods.IsGet(request.Method) || size == 0 || Read(request.Headers.Range.ToString()) is not { Count: > 0 and <= MaxRanges } asked)
            return null;
        // A time never matches, since versions of content are distinguished by their ETags alone.
        if (request.Headers.IfRange is { Count: > 0 } condition && condition.ToString() != etag)
            return null;
        var ranges = asked.Select(r => Resolve(r, size)).OfType<ByteRange>().ToList();
        // A request for more than there is gets it once.
        return ranges.Count > 1 && ranges.Sum(r => (decimal)r.Length) > size ? null : ranges;
    }

    /// <summary>The bounds as they are written; null for a header that is not a range of bytes, which is ignored.</summary>
    private static List<(long? First, long? Last)>? Read(string header)
    {
        if (!header.StartsWith(Unit, StringComparison.OrdinalIgnoreCase))
            return null;
        var ranges = new List<(long? First, long? Last)>();
        foreach (var item in header[Unit.Length..].Split(',').Select(part => part.Trim(' ', '\t')).Where(part => part.Length > 0))
        {
            var (dash, range) = (item.IndexOf('-', StringComparison.Ordinal), default((long? First, long? Last)));
            if (dash < 0 || !TryReadBound(item[..dash], out range.First) || !TryReadBound(item[(dash + 1)..], out range.Last)
                || range is (null, null) || range.Last < range.First)
                return null;
            ranges.Add(range);
        }
        return ranges;
    }

    /// <summary>Reads one bound, which may be missing; one that overflows is beyond the end of any content.</summary>
    private static bool TryReadBound(string text, out long? bound)
    {
        bound = text.Length == 0 ? null : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
        return text.All(char.IsAsciiDigit);
    }

    private static ByteRange? Resolve((long? First, long? Last) range, long size)
    {
        var from = range.First ?? Math.Max(0, size - range.Last!.Value);
        var to = range.First is null ? size - 1 : Math.Min(range.Last ?? (size - 1), size - 1);
        return from >= size ? null : new ByteRange(from, to - from + 1);
    }
}
