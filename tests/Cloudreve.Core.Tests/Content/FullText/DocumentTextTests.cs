using System.Text;
using Cloudreve.Core.Content.FullText.Extraction;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

public sealed class DocumentTextTests
{
    [Fact]
    public async Task Given_a_text_document_when_it_is_read_then_words_are_whole_and_notes_follow()
    {
        Assert.Equal("Hello world\nAgain\nfootnote", await ReadAsync(OfficeText.ReadWordAsync, Documents.Docx("Hello world", "Again")));
    }

    [Fact]
    public async Task Given_a_workbook_when_it_is_read_then_it_has_the_texts_of_its_cells()
    {
        Assert.Equal("shared\nrich\nformula\n200417\ninline", await ReadAsync(OfficeText.ReadSheetsAsync, Documents.Xlsx()));
    }

    [Fact]
    public async Task Given_slides_when_they_are_read_then_they_come_in_their_order_and_notes_last()
    {
        Assert.Equal("second\ntenth\nnotes", await ReadAsync(OfficeText.ReadSlidesAsync, Documents.Pptx()));
    }

    [Fact]
    public async Task Given_a_pdf_when_it_is_read_then_it_has_the_words_of_all_pages()
    {
        Assert.Equal("First page\nSecond page", await ReadAsync(PdfText.ReadAsync, Documents.Pdf("First page", "Second page")));
    }

    [Fact]
    public async Task Given_a_pdf_with_a_damaged_page_when_it_is_read_then_the_others_are_there()
    {
        var pdf = Encoding.Latin1.GetString(Documents.Pdf("First", "Second", "Third"));
        var damaged = Encoding.Latin1.GetBytes(pdf.Replace("/MediaBox [0 0 600 800] /Contents 7 0 R", "/MediaBox [0 0 600 800] /Contents /77 /R", StringComparison.Ordinal));

        var text = await ReadAsync(PdfText.ReadAsync, damaged);

        Assert.Contains("First", text, StringComparison.Ordinal);
        Assert.Contains("Third", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nested forms")]
    [InlineData("a form that draws itself")]
    [InlineData("a form with names of the page")]
    [InlineData("two names before the operator")]
    [InlineData("much content")]
    [InlineData("nested pages")]
    public async Task Given_a_pdf_that_draws_without_end_when_it_is_read_then_its_page_is_left_out(string kind)
    {
        const string own = "/XObject << /X 6 0 R >>";
        var pdf = kind switch
        {
            "nested forms" => Documents.PdfWithNestedForms(12),
            "a form that draws itself" => Documents.PdfWith("/X Do", own, Documents.PdfForm(own, "/X Do /X Do")),
            "a form with names of the page" => Documents.PdfWith(
                "/X Do", "/XObject << /X 6 0 R /Y 7 0 R >>", Documents.PdfForm("", "/Y Do /Y Do"), Documents.PdfForm("", "/X Do /X Do")),
            "two names before the operator" => Documents.PdfWith(
                $"/X /Y Do {Documents.Letters}", "/Font << /F1 5 0 R >> /XObject << /X 6 0 R /Y 7 0 R >>", Documents.PdfForm(own, "/X Do"), Documents.PdfForm("", "q Q")),
            "much content" => Documents.PdfWith($"BT /F1 12 Tf ({new string('a', 5_000_000)}) Tj ET"),
            _ => Documents.PdfWithNestedPages(9),
        };

        Assert.Empty(await ReadAsync(PdfText.ReadAsync, pdf));
    }

    [Fact]
    public async Task Given_a_pdf_whose_text_is_in_forms_when_it_is_read_then_it_is_found()
    {
        const string resources = "/Font << /F1 5 0 R >> /XObject << /X#31 6 0 R >>";
        var pdf = Documents.PdfWith("q /X1 Do Q", resources, Documents.PdfForm("/Font << /F1 5 0 R >>", $"{Documents.Letters} q Q"));

        Assert.Equal("letters", await ReadAsync(PdfText.ReadAsync, pdf));
    }

    [Fact]
    public async Task Given_a_pdf_whose_content_unpacks_to_far_more_when_it_is_read_then_it_is_given_up()
    {
        await Assert.ThrowsAsync<UnreadableDocumentException>(() => ReadAsync(PdfText.ReadAsync, Documents.PdfBomb(1 << 30)));
    }

    [Fact]
    public async Task Given_a_document_that_unpacks_to_far_more_when_it_is_read_then_it_is_given_up()
    {
        await Assert.ThrowsAsync<UnreadableDocumentException>(() => ReadAsync(OfficeText.ReadWordAsync, Documents.DocxBomb(100)));
    }

    [Fact]
    public async Task Given_a_document_with_entities_when_it_is_read_then_none_is_resolved()
    {
        var document = Documents.Zip(("word/document.xml", "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><d><t>&a;&b;</t></d>"));

        await Assert.ThrowsAsync<UnreadableDocumentException>(() => ReadAsync(OfficeText.ReadWordAsync, document));
    }

    [Fact]
    public async Task Given_more_text_than_is_kept_when_it_is_read_then_its_beginning_is_kept()
    {
        var text = await ReadAsync(PlainText.ReadAsync, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("wörd ", 400_000))));

        Assert.InRange(text.Length, TextExtraction.MaxCharacters, TextExtraction.MaxCharacters + 2);
        Assert.StartsWith("wörd wörd", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_bytes_changed_at_random_when_they_are_read_then_they_are_refused_at_worst()
    {
        var random = new Random(42);
        (ReadTextAsync Read, byte[] Bytes)[] documents =
        [
            (OfficeText.ReadWordAsync, Documents.Docx("Hello")), (OfficeText.ReadSheetsAsync, Documents.Xlsx()), (PdfText.ReadAsync, Documents.Pdf("Hello", "world")),
        ];
        foreach (var (read, bytes) in documents)
        {
            for (var round = 0; round < 40; round++)
            {
                var damaged = bytes.ToArray();
                for (var i = 0; i < 6; i++)
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                try
                {
                    Assert.InRange((await ReadAsync(read, damaged)).Length, 0, 1_000);
                }
                catch (UnreadableDocumentException e)
                {
                    Assert.NotEmpty(e.Message);
                }
            }
        }
    }

    private static async Task<string> ReadAsync(ReadTextAsync readAsync, byte[] document)
    {
        using var extraction = new TextExtraction(TimeProvider.System);
        return await extraction.RunAsync(_ => Task.FromResult(document), readAsync, TestContext.Current.CancellationToken);
    }
}
