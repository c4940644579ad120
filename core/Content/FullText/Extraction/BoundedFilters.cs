using System.IO.Compression;
using Cloudreve.Core.Infrastructure.Parsing;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>
/// Bounds what a PDF's packed streams unpack to. The library asks for the filters each time it reads such a stream, so work is counted here, too.
/// </summary>
/// <param name="work">Counts the streams and their bytes.</param>
internal sealed class BoundedFilters(WorkBudget work) : IFilterProvider
{
    private const int StepsPerStream = 200;
    private const int BytesPerStep = 64;
    private const int BufferBytes = 16_384;

    // Fonts and tables of the document's own.
    private const long MaxStreamBytes = 32L << 20;

    // What these filters can make of a byte.
    private const long LzwRatio = 1_400;
    private const long RunLengthRatio = 64;

    private readonly IFilterProvider _filters = DefaultFilterProvider.Instance;
    private UnreadableDocumentException? _failure;

    /// <summary>Fails if a stream was refused, whatever the library made of it.</summary>
    public void ThrowIfExhausted()
    {
        if (_failure is not null)
            throw _failure;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary)
    {
        ThrowIfExhausted();
        Spend(StepsPerStream);
        return [.. _filters.GetFilters(dictionary).Select(filter => new Bounded(this, filter))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) =>
        [.. _filters.GetNamedFilters(names).Select(filter => new Bounded(this, filter))];

    /// <inheritdoc/>
    public IReadOnlyList<IFilter> GetAllFilters() => [.. _filters.GetAllFilters().Select(filter => new Bounded(this, filter))];

    private void Spend(long steps)
    {
        try
        {
            work.Spend(steps);
        }
        catch (UnreadableDocumentException e)
        {
            _failure = e;
            throw;
        }
    }

    private void Check(long bytes)
    {
        if (bytes > MaxStreamBytes)
            throw _failure = new UnreadableDocumentException("The document has too large streams.");
    }

    /// <summary>Lets the library's filter work once it is known how much comes out of it.</summary>
    private sealed class Bounded(BoundedFilters owner, IFilter filter) : IFilter
    {
        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            owner.Spend(1 + (input.Length / BytesPerStep));
            if (filter is FlateFilter)
                Measure(input);
            else if (input.Length * RatioOf(filter) > MaxStreamBytes)
                throw new InvalidDataException("The stream may be too large when it is unpacked.");
            return filter.Decode(input, streamDictionary, filterProvider, filterIndex);
        }

        private static long RatioOf(IFilter filter) => filter switch
        {
            LzwFilter => LzwRatio,
            RunLengthFilter => RunLengthRatio,
            _ => 1,
        };

        /// <summary>Unpacks the content once, to know its size.</summary>
        private void Measure(Memory<byte> input)
        {
            if (input.Length <= 2)
                return;
            // The header and the checksum behind it may be damaged, which the library puts up with.
            using var content = new DeflateStream(new MemoryStream(input[2..].ToArray(), writable: false), CompressionMode.Decompress);
            var buffer = new byte[BufferBytes];
            try
            {
                for (long total = 0, read; (read = content.Read(buffer)) > 0;)
                {
                    owner.Spend(1 + (read / BytesPerStep));
                    owner.Check(total += read);
                }
            }
            catch (InvalidDataException)
            {
                // The library finds as much before the damage as has been measured.
            }
        }
    }
}
