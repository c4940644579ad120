using System.Globalization;
using System.Text;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>
/// Row keys of a large folder at even distances. Tables read forwards only, so a page in descending order needs to know where
/// to start; a start that is far off costs transactions but omits nothing, so the keys need not follow every change.
/// </summary>
internal sealed class BoundaryKeys
{
    /// <summary>Minimum number of rows between two keys.</summary>
    public const int MinStride = 100;

    /// <summary>Number of rows that one request returns.</summary>
    public const int RowsPerRequest = 1000;

    private const int MaxStride = 200;
    private const int WantedKeys = 1000;

    private readonly List<string> _keys;

    private BoundaryKeys(int stride, List<string> keys) => (Stride, _keys) = (stride, keys);

    /// <summary>Approximate number of rows between two keys.</summary>
    public int Stride { get; }

    /// <summary>Chooses among keys, so that there are not too many.</summary>
    /// <param name="keys">Every <see cref="MinStride"/>th key, in order.</param>
    public static BoundaryKeys Of(IReadOnlyList<string> keys)
    {
        var step = Math.Clamp(keys.Count / WantedKeys, 1, MaxStride / MinStride);
        return new BoundaryKeys(step * MinStride, [.. keys.Where((_, i) => i % step == 0)]);
    }

    /// <summary>Parses what <see cref="Print"/> made; null for anything else.</summary>
    public static BoundaryKeys? Parse(byte[] text)
    {
        var lines = Encoding.UTF8.GetString(text).Split('\n');
        return int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var stride) && stride is >= MinStride and <= MaxStride
            ? new BoundaryKeys(stride, [.. lines.Skip(1)])
            : null;
    }

    /// <summary>The keys as text. No key holds a line feed.</summary>
    public BinaryData Print() => BinaryData.FromString(
        string.Join('\n', _keys.Prepend(Stride.ToString(CultureInfo.InvariantCulture))));

    /// <summary>Finds a start key with which a request ends before a key and returns some rows, or as many as one request can.</summary>
    /// <param name="first">The first key there may be.</param>
    /// <param name="end">The key to end before.</param>
    /// <param name="wanted">Number of rows that are wanted.</param>
    /// <returns>The key to start from, which is <paramref name="first"/> when there are fewer rows.</returns>
    public string StartBefore(string first, string end, int wanted)
    {
        // The rows after the last key may be few, and some rows may have been added since.
        var steps = Math.Min(((wanted + Stride - 1) / Stride) + 1, (RowsPerRequest / Stride) - 2);
        var index = IndexOf(end) - steps;
        return index < 0 || string.CompareOrdinal(_keys[index], first) < 0 ? first : _keys[index];
    }

    /// <summary>The keys with those of a part replaced, if they do not fit it any more; null when they do.</summary>
    /// <param name="from">The part's first key, inclusive.</param>
    /// <param name="to">The end of the part, exclusive.</param>
    /// <param name="rows">The keys of all rows of the part, in order.</param>
    public BoundaryKeys? Refit(string from, string to, IReadOnlyList<string> rows)
    {
        var (first, last) = (IndexOf(from), IndexOf(to));
        var isSparse = last - first >= 4 && rows.Count < (last - first) * Stride / 4;
        if (!isSparse && rows.Count <= RowsPerRequest)
            return null;
        return new BoundaryKeys(Stride, [.. _keys.Take(first), .. rows.Where((_, i) => i % Stride == 0), .. _keys.Skip(last)]);
    }

    private int IndexOf(string key)
    {
        var index = _keys.BinarySearch(key, StringComparer.Ordinal);
        return index < 0 ? ~index : index;
    }
}
