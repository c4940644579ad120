using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Drive.Search;

/// <summary>A name filter of a search (contract, section 8.1). Names that look the same match.</summary>
internal sealed class NamePattern
{
    private const char Wildcard = '*';

    private readonly string[] _parts;
    private readonly bool _isAnchored;
    private readonly StringComparison _comparison;

    private NamePattern(string[] parts, bool isAnchored, StringComparison comparison) =>
        (_parts, _isAnchored, _comparison) = (parts, isAnchored, comparison);

    /// <summary>
    /// Reads a filter. In double quotes it is text that the name contains as it is. With a wildcard at either end it covers
    /// the whole name. Anything else is what the name contains.
    /// </summary>
    /// <param name="text">The filter.</param>
    /// <param name="ignoreCase">True if case is ignored, except in quotes.</param>
    public static NamePattern Parse(string text, bool ignoreCase)
    {
        text = CanonicalText.Of(text);
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
            return new NamePattern([text[1..^1]], isAnchored: false, StringComparison.Ordinal);
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return new NamePattern(text.Split(Wildcard), text.StartsWith(Wildcard) || text.EndsWith(Wildcard), comparison);
    }

    /// <summary>Checks whether a name matches.</summary>
    public bool Matches(string name)
    {
        var rest = CanonicalText.Of(name).AsSpan();
        var first = 0;
        var last = _parts.Length;
        if (_isAnchored)
        {
            if (!rest.StartsWith(_parts[0], _comparison))
                return false;
            rest = rest[_parts[0].Length..];
            if (!rest.EndsWith(_parts[^1], _comparison))
                return false;
            rest = rest[..^_parts[^1].Length];
            (first, last) = (1, last - 1);
        }
        // Between the ends the leftmost place of each part is as good as any other.
        for (var i = first; i < last; i++)
        {
            var at = rest.IndexOf(_parts[i], _comparison);
            if (at < 0)
                return false;
            rest = rest[(at + _parts[i].Length)..];
        }
        return true;
    }
}
