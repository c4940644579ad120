using System.Globalization;
using System.Text;
using Cloudreve.Core.Infrastructure.Parsing;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Outline.Destinations;
using UglyToad.PdfPig.Tokens;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>The size of what a page draws.</summary>
/// <param name="Bytes">Bytes of content, with that of forms as often as they are drawn.</param>
internal sealed record PdfPageCost(long Bytes);

/// <summary>
/// Finds out what a page draws before the library draws it: forms that draw others ten times each make a small document an endless one, and the library
/// does not look up while it draws. What is not as programs write it counts as too much.
/// </summary>
/// <param name="structure">The document.</param>
/// <param name="work">Counts the bytes that are looked at.</param>
internal sealed class PdfPageCosts(Structure structure, WorkBudget work) : IPageFactory<PdfPageCost>
{
    private const int BytesPerStep = 64;
    private const int BytesPerDrawing = 50;
    private const int MaxDepth = 16;

    private readonly Dictionary<IndirectReference, long?> _forms = [];

    /// <summary>Far more than any page may draw.</summary>
    public const long TooMuch = 1L << 40;

    /// <inheritdoc/>
    public PdfPageCost Create(int number, DictionaryToken dictionary, PageTreeMembers pageTreeMembers, NamedDestinations namedDestinations)
    {
        var resources = pageTreeMembers.ParentResources.ToList();
        if (Find<DictionaryToken>(dictionary, "Resources") is { } own)
            resources.Add(own);
        // A page's names come before those of the nodes above it.
        var drawn = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (name, cost) in resources.SelectMany(dictionaries => DrawnBy(dictionaries, depth: 0)))
            drawn[name] = Math.Max(cost, drawn.GetValueOrDefault(name));
        var total = 0L;
        foreach (var content in ContentsOf(dictionary))
            total = Add(total, CostOf(content.Span, drawn, drawn.Values.DefaultIfEmpty(BytesPerDrawing).Max()));
        return new PdfPageCost(total);
    }

    private IEnumerable<ReadOnlyMemory<byte>> ContentsOf(DictionaryToken page)
    {
        if (Find<StreamToken>(page, "Contents") is { } single)
            return [Read(single)];
        return Find<ArrayToken>(page, "Contents") is { } parts
            // An operator and what it is about may stand in two of them.
            ? [parts.Data.Select(part => Resolve(part) as StreamToken).OfType<StreamToken>().SelectMany(part => (byte[])[.. Read(part).Span, (byte)' ']).ToArray()]
            : [];
    }

    private ReadOnlyMemory<byte> Read(StreamToken stream)
    {
        var content = stream.Decode(structure.FilterProvider, structure.TokenScanner);
        work.Spend(1 + (content.Length / BytesPerStep));
        return content;
    }

    /// <summary>What each name of a dictionary of resources draws.</summary>
    private IEnumerable<(string Name, long Cost)> DrawnBy(DictionaryToken resources, int depth)
    {
        if (Find<DictionaryToken>(resources, "XObject") is not { } objects)
            yield break;
        foreach (var (name, token) in objects.Data)
        {
            work.Spend();
            yield return (name, CostOf(token, depth));
        }
    }

    private long CostOf(IToken drawn, int depth)
    {
        if (drawn is not IndirectReferenceToken reference || depth == MaxDepth)
            return TooMuch;
        if (_forms.TryGetValue(reference.Data, out var known))
            // A form that is still being looked at draws itself.
            return known ?? TooMuch;
        _forms[reference.Data] = null;
        var cost = Resolve(drawn) is StreamToken stream ? CostOf(stream, depth + 1) : BytesPerDrawing;
        _forms[reference.Data] = cost;
        return cost;
    }

    private long CostOf(StreamToken form, int depth)
    {
        if (form.StreamDictionary.TryGet(NameToken.Subtype, out var type) && type is NameToken { Data: "Image" })
            return BytesPerDrawing;
        var drawn = Find<DictionaryToken>(form.StreamDictionary, "Resources") is { } resources
            ? DrawnBy(resources, depth).ToDictionary(StringComparer.Ordinal)
            : [];
        // Other names are looked up in whatever draws the form.
        return Add(BytesPerDrawing, CostOf(Read(form).Span, drawn, TooMuch));
    }

    /// <summary>The cost of a content stream: its bytes, and what it draws.</summary>
    private static long CostOf(ReadOnlySpan<byte> content, Dictionary<string, long> drawn, long otherwise)
    {
        long cost = content.Length;
        for (var at = content.IndexOf("Do"u8); at >= 0;)
        {
            if (IsEdge(content, at - 1) && IsEdge(content, at + 2))
                cost = Add(cost, NameBefore(content[..at]) is { } name && drawn.TryGetValue(name, out var known) ? known : otherwise);
            var next = content[(at + 2)..].IndexOf("Do"u8);
            at = next < 0 ? -1 : at + 2 + next;
        }
        return cost;
    }

    /// <summary>The name before an operator, if it is all that the operator has.</summary>
    private static string? NameBefore(ReadOnlySpan<byte> content)
    {
        var text = TrimGaps(content);
        var slash = text.LastIndexOf((byte)'/');
        if (slash < 0 || text[(slash + 1)..].IndexOfAny(s_edges) >= 0)
            return null;
        var before = TrimGaps(text[..slash]);
        var start = before.Length;
        while (start > 0 && char.IsAsciiLetter((char)before[start - 1]))
            start--;
        var isAfterOperator = before.IsEmpty || (start < before.Length && (start == 0 || s_gaps.Contains(before[start - 1])));
        return isAfterOperator ? Unescape(text[(slash + 1)..]) : null;
    }

    private static string Unescape(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '#' && i + 2 < name.Length
                && byte.TryParse(name.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                text.Append((char)code);
                i += 2;
            }
            else
                text.Append((char)name[i]);
        }
        return text.ToString();
    }

    private static readonly byte[] s_gaps = [0, 9, 10, 12, 13, 32];

    private static readonly byte[] s_edges = [.. s_gaps, .. "()<>[]{}/%"u8];

    private static bool IsEdge(ReadOnlySpan<byte> content, int at) => at < 0 || at >= content.Length || s_edges.Contains(content[at]);

    private static ReadOnlySpan<byte> TrimGaps(ReadOnlySpan<byte> content) => content.TrimEnd(s_gaps);

    private static long Add(long cost, long more) => Math.Min(TooMuch, cost + more);

    private T? Find<T>(DictionaryToken dictionary, string name)
        where T : class, IToken => dictionary.TryGet(NameToken.Create(name), out var token) ? Resolve(token) as T : null;

    private IToken? Resolve(IToken token) => token is IndirectReferenceToken reference ? structure.TokenScanner.Get(reference.Data)?.Data : token;
}
