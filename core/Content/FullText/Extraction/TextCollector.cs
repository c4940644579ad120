using System.Text;
using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>Collects the text of a document up to a bound. Runs of white space become one, and control characters are dropped.</summary>
/// <param name="maxCharacters">The most characters.</param>
/// <param name="work">Counts the characters that readers bring.</param>
internal sealed class TextCollector(int maxCharacters, WorkBudget work)
{
    private readonly StringBuilder _text = new();
    private char _gap;

    /// <summary>True once nothing more is taken, so that a reader may stop.</summary>
    public bool IsFull => _text.Length >= maxCharacters;

    /// <summary>Bounds what readers do besides bringing text.</summary>
    public WorkBudget Work => work;

    /// <summary>Adds text.</summary>
    /// <param name="text">A part of the document.</param>
    public void Add(ReadOnlySpan<char> text)
    {
        work.Spend(1 + (text.Length / 16));
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsFull)
                return;
            if (Rune.IsWhiteSpace(rune))
                Separate(rune.Value == '\n' ? '\n' : ' ');
            else if (!Rune.IsControl(rune) && rune.Value != 0xFEFF)
                Append(rune);
        }
    }

    /// <summary>Ends a word or a paragraph.</summary>
    /// <param name="gap">A blank or a line feed.</param>
    public void Separate(char gap)
    {
        if (_text.Length > 0 && _gap != '\n')
            _gap = gap;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Append(Rune rune)
    {
        if (_gap != default)
            _text.Append(_gap);
        _gap = default;
        Span<char> characters = stackalloc char[2];
        _text.Append(characters[..rune.EncodeToUtf16(characters)]);
    }
}
