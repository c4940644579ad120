namespace Cloudreve.Testing.Contract;

/// <summary>The path of an operation, with parameters in braces.</summary>
/// <param name="Text">As the contract writes it: <c>/file/source/{id}</c>.</param>
public sealed record PathTemplate(string Text)
{
    private readonly string[] _segments = Text.Split('/');

    /// <summary>The number of segments that are no parameters: of two templates that match, the one with more is meant.</summary>
    public int LiteralCount => _segments.Count(segment => !IsParameter(segment));

    /// <summary>The values of the parameters, or null where the path does not match.</summary>
    /// <param name="path">A path below the API's prefix, escaped, without a query.</param>
    public IReadOnlyDictionary<string, string>? Match(string path)
    {
        var segments = path.Split('/');
        if (segments.Length != _segments.Length)
            return null;
        var values = new Dictionary<string, string>();
        for (var i = 0; i < segments.Length; i++)
        {
            if (!IsParameter(_segments[i]))
            {
                if (_segments[i] != segments[i])
                    return null;
                continue;
            }
            if (segments[i].Length == 0)
                return null;
            values[_segments[i][1..^1]] = Uri.UnescapeDataString(segments[i]);
        }
        return values;
    }

    /// <summary>The template without the names of its parameters and wildcards, to compare it with templates of other sources.</summary>
    public string Shape => string.Join('/', _segments.Select(segment => IsParameter(segment) || segment == "*" ? "{}" : segment));

    private static bool IsParameter(string segment) => segment.StartsWith('{') && segment.EndsWith('}');
}
