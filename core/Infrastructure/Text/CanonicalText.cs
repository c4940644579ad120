using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Cloudreve.Core.Infrastructure.Text;

/// <summary>
/// Text in Unicode's normalization form C, so that texts that look the same are the same: <c>é</c> typed as one character or as two. The runtime
/// cannot do it, since the app runs without ICU (docs/decisions/2026-11-28-own-normalization.md).
/// </summary>
internal static class CanonicalText
{
    // Everything below is its own canonical form.
    private const char FirstOfInterest = '\u0300';

    // Everything below is its own decomposed form.
    private const char FirstDecomposed = '\u00C0';

    private const string Resource = "canonical.txt";

    // Hangul syllables follow a rule ("The Unicode Standard", section 3.12).
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Trails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TrailCount;

    private static readonly Lazy<Data> s_data = new(Data.Read);

    /// <summary>The canonical form of a text.</summary>
    /// <param name="text">Any text; lone surrogates stay as they are.</param>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstOfInterest - 1)))
            return text;
        var data = s_data.Value;
        var points = Decompose(text, data);
        Order(points);
        return Compose(points, data);
    }

    /// <summary>A text in form D, with each mark beside its letter, as some systems write it.</summary>
    /// <param name="text">Any text; lone surrogates stay as they are.</param>
    public static string Decomposed(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstDecomposed - 1)))
            return text;
        var points = Decompose(text, s_data.Value);
        Order(points);
        return Print(points);
    }

    private static List<Point> Decompose(string text, Data data)
    {
        var points = new List<Point>(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            Decompose(isPair ? char.ConvertToUtf32(text[i], text[++i]) : text[i], data, points);
        }
        return points;
    }

    private static void Decompose(int point, Data data, List<Point> points)
    {
        if (point is >= Syllables and < Syllables + SyllableCount)
        {
            var index = point - Syllables;
            points.Add(new Point(Leads + (index / (VowelCount * TrailCount)), 0));
            points.Add(new Point(Vowels + (index % (VowelCount * TrailCount) / TrailCount), 0));
            if (index % TrailCount != 0)
                points.Add(new Point(Trails + (index % TrailCount), 0));
        }
        else if (data.Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, data, points);
            if (parts.Second != 0)
                Decompose(parts.Second, data, points);
        }
        else
        {
            points.Add(new Point(point, data.Classes.GetValueOrDefault(point)));
        }
    }

    /// <summary>Marks on one letter in the order of their classes; those of one class stay as they are.</summary>
    private static void Order(List<Point> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            var end = start;
            while (end < points.Count && points[end].Class != 0)
                end++;
            // A text may consist of marks alone, so they are sorted, not shifted past each other one by one.
            if (end - start > 1)
            {
                var marks = points.GetRange(start, end - start);
                points.RemoveRange(start, end - start);
                points.InsertRange(start, marks.OrderBy(mark => mark.Class));
            }
            start = end;
        }
    }

    private static string Compose(List<Point> points, Data data)
    {
        var composed = new List<Point>(points.Count);
        var starter = -1;
        foreach (var point in points)
        {
            // A mark of the same class in between, or another letter, keeps a mark from its letter.
            var isNext = starter >= 0 && composed.Count == starter + 1;
            var isFree = isNext || (starter >= 0 && composed[^1].Class != 0 && composed[^1].Class < point.Class);
            if (isFree && Pair(composed[starter].Value, point.Value, data) is { } pair)
            {
                composed[starter] = new Point(pair, 0);
                continue;
            }
            if (point.Class == 0)
                starter = composed.Count;
            composed.Add(point);
        }
        return Print(composed);
    }

    private static int? Pair(int first, int second, Data data)
    {
        if (first is >= Leads and < Leads + LeadCount && second is >= Vowels and < Vowels + VowelCount)
            return Syllables + ((((first - Leads) * VowelCount) + second - Vowels) * TrailCount);
        if (first is >= Syllables and < Syllables + SyllableCount && (first - Syllables) % TrailCount == 0 && second is > Trails and < Trails + TrailCount)
            return first + second - Trails;
        return data.Compositions.TryGetValue((first, second), out var pair) ? pair : null;
    }

    private static string Print(List<Point> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (var point in points)
        {
            if (point.Value > char.MaxValue)
                text.Append(char.ConvertFromUtf32(point.Value));
            else
                text.Append((char)point.Value);
        }
        return text.ToString();
    }

    /// <summary>A character.</summary>
    /// <param name="Value">Its number.</param>
    /// <param name="Class">Its canonical combining class; 0 for letters.</param>
    private readonly record struct Point(int Value, int Class);

    /// <summary>
    /// Data about characters from the Unicode Character Database: lines <c>number;class;decomposition;x</c>, x for what is not composed again.
    /// </summary>
    private sealed record Data(
        FrozenDictionary<int, int> Classes, FrozenDictionary<int, (int First, int Second)> Decompositions, FrozenDictionary<(int First, int Second), int> Compositions)
    {
        public static Data Read()
        {
            var classes = new Dictionary<int, int>();
            var decompositions = new Dictionary<int, (int First, int Second)>();
            var compositions = new Dictionary<(int First, int Second), int>();
            using var reader = new StreamReader(typeof(CanonicalText).Assembly.GetManifestResourceStream(Resource)!);
            while (reader.ReadLine() is { } line)
            {
                var fields = line.Split(';');
                var point = Hex(fields[0]);
                if (fields[1].Length > 0)
                    classes[point] = int.Parse(fields[1], CultureInfo.InvariantCulture);
                if (fields.Length < 3)
                    continue;
                var parts = fields[2].Split(' ');
                var pair = (Hex(parts[0]), parts.Length > 1 ? Hex(parts[1]) : 0);
                decompositions[point] = pair;
                if (fields.Length < 4)
                    compositions[pair] = point;
            }
            return new Data(classes.ToFrozenDictionary(), decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary());
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
