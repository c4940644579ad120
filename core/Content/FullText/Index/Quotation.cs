using System.Text;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>Quotes the part of a text that a query matches, its words between <c>&lt;em&gt;</c> tags, as clients expect it.</summary>
internal static class Quotation
{
    private const int Before = 120;
    private const int Length = 400;

    // A word as the user wrote it may also stand within others, where it is no match.
    private const int MaxTries = 8;

    // Words with other accents or of another width than the user wrote are looked for up to here.
    private const int MaxScan = 100_000;

    /// <summary>Quotes a text; its beginning when no match is found soon enough.</summary>
    /// <param name="query">What was searched for.</param>
    public static string Of(string text, TextQuery query)
    {
        foreach (var part in query.Parts)
        {
            var at = text.IndexOf(part, StringComparison.OrdinalIgnoreCase);
            for (var tries = 0; at >= 0 && tries < MaxTries; tries++)
            {
                if (Mark(Cut(text, at), query) is { } marked)
                    return marked;
                at = text.IndexOf(part, at + part.Length, StringComparison.OrdinalIgnoreCase);
            }
        }
        var scanned = text.Length <= MaxScan ? text : text[..MaxScan];
        var first = TextAnalyzer.OfTexts.Split(scanned).Where(token => IsMatch(token, query)).Select(token => token.Start).FirstOrDefault();
        var quoted = Cut(text, first);
        return Mark(quoted, query) ?? quoted;
    }

    private static string? Mark(string quoted, TextQuery query)
    {
        var marked = new StringBuilder();
        var (start, end, done) = (0, 0, 0);
        foreach (var token in TextAnalyzer.OfTexts.Split(quoted).Where(token => IsMatch(token, query)).OrderBy(token => token.Start))
        {
            // Pairs of characters overlap.
            if (token.Start > end || end == 0)
            {
                Close();
                start = token.Start;
            }
            end = Math.Max(end, token.End);
        }
        if (end == 0)
            return null;
        Close();
        return marked.Append(quoted, done, quoted.Length - done).ToString();

        void Close()
        {
            if (end == 0)
                return;
            marked.Append(quoted, done, start - done).Append("<em>").Append(quoted, start, end - start).Append("</em>");
            done = end;
        }
    }

    private static bool IsMatch(TextToken token, TextQuery query) =>
        query.Words.Contains(token.Term) || (query.Prefix is { } prefix && token.Term.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The part of a text around a place, from the beginning of a word on where there is one.</summary>
    private static string Cut(string text, int at)
    {
        var start = Math.Max(0, at - Before);
        if (start > 0 && text.IndexOfAny([' ', '\n'], start, at - start) is >= 0 and var gap)
            start = gap + 1;
        if (start < text.Length && char.IsLowSurrogate(text[start]))
            start++;
        var end = Math.Min(text.Length, start + Length);
        if (end < text.Length && char.IsLowSurrogate(text[end]))
            end--;
        return text[start..end];
    }
}
