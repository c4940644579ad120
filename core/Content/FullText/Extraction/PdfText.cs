using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>Reads the text of PDF documents, page by page. Encrypted documents and those that consist of pictures have none.</summary>
internal static class PdfText
{
    // Finding the words of a page compares letters with their neighbours.
    private const int StepsPerLetter = 4;
    private const int StepsPerPage = 100;

    // Each byte of a page's content may be a letter, of which the library keeps some hundred bytes.
    private const long MaxPageBytes = 1L << 20;

    /// <summary>Reads a document.</summary>
    public static Task ReadAsync(ReadOnlyMemory<byte> content, TextCollector text)
    {
        var filters = new BoundedFilters(text.Work);
        using var document = PdfDocument.Open(
            content, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true, FilterProvider = filters });
        document.AddPageFactory(new PdfPageCosts(document.Structure, text.Work));
        for (var number = 1; number <= document.NumberOfPages && !text.IsFull; number++)
        {
            text.Work.Spend(StepsPerPage);
            AddPage(document, number, text);
            // The library takes some failures for damage and goes on.
            filters.ThrowIfExhausted();
        }
        return Task.CompletedTask;
    }

    private static void AddPage(PdfDocument document, int number, TextCollector text)
    {
        Page page;
        try
        {
            // A page that draws too much is left out.
            if (document.GetPage<PdfPageCost>(number).Bytes > MaxPageBytes)
                return;
            page = document.GetPage(number);
        }
        catch (Exception e) when (e is not (UnreadableDocumentException or OperationCanceledException))
        {
            // A damaged page does not stop the others.
            return;
        }
        text.Work.Spend((long)StepsPerLetter * page.Letters.Count);
        foreach (var word in page.GetWords())
        {
            if (text.IsFull)
                return;
            text.Add(word.Text);
            text.Separate(' ');
        }
        text.Separate('\n');
    }
}
