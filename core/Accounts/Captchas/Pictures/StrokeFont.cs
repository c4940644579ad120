using System.Collections.Frozen;
using System.Globalization;

namespace Cloudreve.Core.Accounts.Captchas.Pictures;

/// <summary>A point of a glyph: 0 to 1 from left to right and from top to bottom.</summary>
internal readonly record struct GlyphPoint(double X, double Y);

/// <summary>
/// Characters as lines, so that pictures need no font of the machine. A glyph is written on a grid of 10 by 14 as <c>M x y</c> (a
/// new line), <c>L x y</c> (straight to) and <c>Q cx cy x y</c> (curved to).
/// </summary>
internal static class StrokeFont
{
    private const double GridWidth = 10;
    private const double GridHeight = 14;
    private const int CurveSteps = 8;

    private static readonly FrozenDictionary<char, GlyphPoint[][]> Glyphs = new Dictionary<char, string>
    {
        ['0'] = "M 5 0 Q 10 0 10 7 Q 10 14 5 14 Q 0 14 0 7 Q 0 0 5 0",
        ['1'] = "M 2 3 L 6 0 L 6 14 M 2 14 L 10 14",
        ['2'] = "M 0 4 Q 0 0 5 0 Q 10 0 10 4 Q 10 7 5 10 L 0 14 L 10 14",
        ['3'] = "M 0 2 Q 2 0 5 0 Q 10 0 10 3.5 Q 10 7 4 7 Q 10 7 10 10.5 Q 10 14 5 14 Q 1 14 0 12",
        ['4'] = "M 7 14 L 7 0 L 0 10 L 10 10",
        ['5'] = "M 9 0 L 1 0 L 1 6 Q 3 5 5 5 Q 10 5 10 9.5 Q 10 14 5 14 Q 1 14 0 12",
        ['6'] = "M 9 0 Q 0 1 0 9 Q 0 14 5 14 Q 10 14 10 10 Q 10 6 5 6 Q 1 6 0 9",
        ['7'] = "M 0 0 L 10 0 L 4 14",
        ['8'] = "M 5 7 Q 1 7 1 3.5 Q 1 0 5 0 Q 9 0 9 3.5 Q 9 7 5 7 Q 0 7 0 10.5 Q 0 14 5 14 Q 10 14 10 10.5 Q 10 7 5 7",
        ['9'] = "M 1 14 Q 10 13 10 5 Q 10 0 5 0 Q 0 0 0 4 Q 0 8 5 8 Q 9 8 10 5",
        ['A'] = "M 0 14 L 5 0 L 10 14 M 2 9 L 8 9",
        ['B'] = "M 0 0 L 0 14 L 5 14 Q 10 14 10 10.5 Q 10 7 5 7 L 0 7 M 5 7 Q 9 7 9 3.5 Q 9 0 5 0 L 0 0",
        ['C'] = "M 10 3 Q 8 0 5 0 Q 0 0 0 7 Q 0 14 5 14 Q 8 14 10 11",
        ['D'] = "M 0 0 L 0 14 L 4 14 Q 10 14 10 7 Q 10 0 4 0 L 0 0",
        ['E'] = "M 10 0 L 0 0 L 0 14 L 10 14 M 0 7 L 8 7",
        ['F'] = "M 10 0 L 0 0 L 0 14 M 0 7 L 8 7",
        ['G'] = "M 10 3 Q 8 0 5 0 Q 0 0 0 7 Q 0 14 5 14 Q 10 14 10 8 L 5 8",
        ['H'] = "M 0 0 L 0 14 M 10 0 L 10 14 M 0 7 L 10 7",
        ['J'] = "M 3 0 L 10 0 M 8 0 L 8 10 Q 8 14 4 14 Q 0 14 0 10",
        ['K'] = "M 0 0 L 0 14 M 10 0 L 0 8 M 3 6 L 10 14",
        ['M'] = "M 0 14 L 0 0 L 5 8 L 10 0 L 10 14",
        ['N'] = "M 0 14 L 0 0 L 10 14 L 10 0",
        ['P'] = "M 0 14 L 0 0 L 5 0 Q 10 0 10 4 Q 10 8 5 8 L 0 8",
        ['R'] = "M 0 14 L 0 0 L 5 0 Q 10 0 10 4 Q 10 8 5 8 L 0 8 M 5 8 L 10 14",
        ['T'] = "M 0 0 L 10 0 M 5 0 L 5 14",
        ['U'] = "M 0 0 L 0 9 Q 0 14 5 14 Q 10 14 10 9 L 10 0",
        ['V'] = "M 0 0 L 5 14 L 10 0",
        ['W'] = "M 0 0 L 2.5 14 L 5 5 L 7.5 14 L 10 0",
        ['X'] = "M 0 0 L 10 14 M 10 0 L 0 14",
        ['Y'] = "M 0 0 L 5 7 L 10 0 M 5 7 L 5 14",
        ['+'] = "M 5 3 L 5 11 M 1 7 L 9 7",
        ['-'] = "M 1 7 L 9 7",
        ['='] = "M 1 5 L 9 5 M 1 9 L 9 9",
        ['?'] = "M 1 3 Q 1 0 5 0 Q 9 0 9 3.5 Q 9 6 5 8 L 5 10 M 5 13 L 5 14",
    }.ToFrozenDictionary(glyph => glyph.Key, glyph => Flatten(glyph.Value));

    /// <summary>The lines of a character, each through two points or more.</summary>
    /// <param name="character">A digit, an upper-case letter without I, L, O, Q, S and Z, or one of <c>+ - = ?</c>.</param>
    public static IReadOnlyList<GlyphPoint[]> LinesOf(char character) => Glyphs[character];

    private static GlyphPoint[][] Flatten(string commands)
    {
        var tokens = commands.Split(' ');
        var lines = new List<GlyphPoint[]>();
        List<GlyphPoint> line = [];
        for (var i = 0; i < tokens.Length;)
        {
            switch (tokens[i])
            {
                case "M":
                    if (line.Count > 0)
                        lines.Add([.. line]);
                    line = [Point(tokens, i + 1)];
                    i += 3;
                    break;
                case "L":
                    // Straight lines also have points between their ends, so that they can be bent.
                    var end = Point(tokens, i + 1);
                    line.AddRange(Curve(line[^1], new GlyphPoint((line[^1].X + end.X) / 2, (line[^1].Y + end.Y) / 2), end));
                    i += 3;
                    break;
                default:
                    line.AddRange(Curve(line[^1], Point(tokens, i + 1), Point(tokens, i + 3)));
                    i += 5;
                    break;
            }
        }
        lines.Add([.. line]);
        return [.. lines];
    }

    private static GlyphPoint Point(string[] tokens, int at) => new(Number(tokens[at]) / GridWidth, Number(tokens[at + 1]) / GridHeight);

    private static double Number(string token) => double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static IEnumerable<GlyphPoint> Curve(GlyphPoint from, GlyphPoint control, GlyphPoint to) =>
        Enumerable.Range(1, CurveSteps).Select(step =>
        {
            var t = (double)step / CurveSteps;
            var (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t);
            return new GlyphPoint((a * from.X) + (b * control.X) + (c * to.X), (a * from.Y) + (b * control.Y) + (c * to.Y));
        });
}
