using Lucene.Net.Analysis;
using Lucene.Net.Analysis.Cjk;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.Miscellaneous;
using Lucene.Net.Analysis.Standard;
using Lucene.Net.Analysis.TokenAttributes;
using Lucene.Net.Util;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>A word of a text.</summary>
/// <param name="Term">As the index has it.</param>
/// <param name="Position">Its number in the text.</param>
/// <param name="Start">The first character.</param>
/// <param name="End">The character after the last one.</param>
internal readonly record struct TextToken(string Term, int Position, int Start, int End);

/// <summary>
/// Splits text into words by Unicode's rules (UAX 29), regardless of case, width and accents. Chinese, Japanese and Korean, which have no blanks
/// between words or few, become pairs of characters; texts have single characters besides, so that these can be searched for, too.
/// </summary>
/// <param name="isQuery">True for what is searched for.</param>
internal sealed class TextAnalyzer(bool isQuery) : Analyzer
{
    /// <summary>The version whose rules the indexes follow.</summary>
    public const LuceneVersion Version = LuceneVersion.LUCENE_48;

    /// <summary>Splits texts.</summary>
    public static TextAnalyzer OfTexts { get; } = new(isQuery: false);

    /// <summary>Splits what is searched for.</summary>
    public static TextAnalyzer OfQueries { get; } = new(isQuery: true);

    /// <summary>The words of a text, in its order.</summary>
    public IEnumerable<TextToken> Split(string text)
    {
        using var stream = GetTokenStream("", text);
        var term = stream.AddAttribute<ICharTermAttribute>();
        var offset = stream.AddAttribute<IOffsetAttribute>();
        var step = stream.AddAttribute<IPositionIncrementAttribute>();
        var position = -1;
        stream.Reset();
        while (stream.IncrementToken())
        {
            position += step.PositionIncrement;
            yield return new TextToken(term.ToString()!, position, offset.StartOffset, offset.EndOffset);
        }
    }

    /// <inheritdoc/>
    protected override TokenStreamComponents CreateComponents(string fieldName, TextReader reader)
    {
        var source = new StandardTokenizer(Version, reader);
        TokenStream stream = new LowerCaseFilter(Version, new CJKWidthFilter(source));
        stream = new CJKBigramFilter(new ASCIIFoldingFilter(stream), CJKScript.HAN | CJKScript.HIRAGANA | CJKScript.KATAKANA | CJKScript.HANGUL, !isQuery);
        return new TokenStreamComponents(source, stream);
    }
}
