using System.Text.RegularExpressions;
using Cloudreve.Core.Infrastructure.Errors;
using Lucene.Net.Index;
using Lucene.Net.Search;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>
/// What a user searches for. A text must have all words, and what stands in quotation marks word for word. The last word may be the beginning of
/// one, since clients search while it is typed.
/// </summary>
internal sealed partial class TextQuery
{
    /// <summary>Maximum number of characters.</summary>
    public const int MaxCharacters = 255;

    // The beginning of many words says nothing and costs much.
    private const int MinPrefix = 2;

    // What has a meaning in the syntax of queries.
    private const string SyntaxCharacters = "+-&|!(){}[]^\"~*?:\\/";

    private readonly BooleanQuery _query = new();
    private readonly List<string> _expression = [];

    private TextQuery(string text)
    {
        foreach (var (part, isQuoted, isLast) in Split(text))
        {
            var tokens = TextAnalyzer.OfQueries.Split(part).ToList();
            if (tokens.Count == 0)
                continue;
            Parts.Add(part);
            Words.UnionWith(tokens.Select(token => token.Term));
            _query.Add(QueryOf(tokens, isLast && !isQuoted), Occur.MUST);
        }
    }

    /// <summary>Finds matching texts; null when there is no word to be found.</summary>
    public Query? Query => _query.Clauses.Count == 0 ? null : _query;

    /// <summary>The same in Lucene's syntax; empty when there is no word to be found.</summary>
    public string Expression => string.Join(' ', _expression);

    /// <summary>The words, as the index has them.</summary>
    public HashSet<string> Words { get; } = new(StringComparer.Ordinal);

    /// <summary>The beginning of a word; null for none.</summary>
    public string? Prefix { get; private set; }

    /// <summary>The parts of the query as the user wrote them.</summary>
    public List<string> Parts { get; } = [];

    /// <summary>Reads a query.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <exception cref="CloudreveException">40001: nothing, or too much.</exception>
    public static TextQuery Parse(string? text) => text?.Trim() switch
    {
        null or "" => throw new CloudreveException(ErrorCode.BadParameter, "Enter the words to search for."),
        { Length: > MaxCharacters } => throw new CloudreveException(ErrorCode.BadParameter, "The search text is too long."),
        { } trimmed => new TextQuery(trimmed),
    };

    private Query QueryOf(List<TextToken> tokens, bool mayBePrefix)
    {
        if (tokens.Count > 1)
        {
            var phrase = new PhraseQuery();
            foreach (var token in tokens)
                phrase.Add(new Term(IndexPack.Words, token.Term), token.Position);
            _expression.Add($"+\"{string.Join(' ', tokens.Select(token => Escape(token.Term)))}\"");
            return phrase;
        }
        var term = new Term(IndexPack.Words, tokens[0].Term);
        var word = Escape(term.Text);
        if (!mayBePrefix || term.Text.Length < MinPrefix)
        {
            _expression.Add($"+{word}");
            return new TermQuery(term);
        }
        Prefix = term.Text;
        _expression.Add($"+({word}^2 OR {word}*)");
        return new BooleanQuery { { new TermQuery(term) { Boost = 2 }, Occur.SHOULD }, { new PrefixQuery(term), Occur.SHOULD } };
    }

    private static string Escape(string word) =>
        string.Concat(word.Select(character => SyntaxCharacters.Contains(character, StringComparison.Ordinal) ? $"\\{character}" : character.ToString()));

    private static IEnumerable<(string Part, bool IsQuoted, bool IsLast)> Split(string text)
    {
        foreach (Match match in Part().Matches(text))
        {
            var quoted = match.Groups["quoted"];
            yield return (quoted.Success ? quoted.Value : match.Value, quoted.Success, match.Index + match.Length == text.Length);
        }
    }

    [GeneratedRegex("\"(?<quoted>[^\"]+)\"|[^\\s\"]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Part();
}
