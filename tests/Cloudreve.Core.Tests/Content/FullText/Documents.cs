using System.IO.Compression;
using System.Text;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>Small documents, and hostile ones, as programs write them.</summary>
internal static class Documents
{
    private const string Word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    private const string Sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    private const string Drawing = "http://schemas.openxmlformats.org/drawingml/2006/main";

    public static byte[] Docx(params string[] paragraphs) => Zip(
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", $"<w:document xmlns:w=\"{Word}\"><w:body>{string.Concat(paragraphs.Select(Paragraph))}</w:body></w:document>"),
        ("word/footnotes.xml", $"<w:footnotes xmlns:w=\"{Word}\"><w:footnote>{Paragraph("footnote")}</w:footnote></w:footnotes>"),
        ("word/settings.xml", $"<w:settings xmlns:w=\"{Word}\"><w:t>hidden</w:t></w:settings>"));

    public static byte[] Xlsx() => Zip(
        ("xl/sharedStrings.xml", $"<sst xmlns=\"{Sheet}\"><si><t>shared</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>phonetic</t></rPh></si></sst>"),
        ("xl/worksheets/sheet1.xml", $"<worksheet xmlns=\"{Sheet}\"><sheetData><row><c t=\"s\"><v>4711</v></c><c t=\"str\"><f>A1</f><v>formula</v></c><c><v>200417</v></c>"
            + "<c t=\"inlineStr\"><is><t>inline</t></is></c></row></sheetData></worksheet>"));

    public static byte[] Pptx() => Zip(
        ("ppt/slides/slide10.xml", Slide("tenth")), ("ppt/slides/slide2.xml", Slide("second")), ("ppt/notesSlides/notesSlide1.xml", Slide("notes")));

    /// <summary>A PDF whose pages show these texts.</summary>
    public static byte[] Pdf(params string[] pages)
    {
        var objects = new List<string> { "<< /Type /Catalog /Pages 2 0 R >>", "", Font };
        foreach (var page in pages)
        {
            objects.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {objects.Count + 2} 0 R /Resources << /Font << /F1 3 0 R >> >> >>");
            objects.Add(PdfStream("", $"BT /F1 12 Tf 50 700 Td ({page}) Tj ET"));
        }
        objects[1] = $"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', pages.Select((_, i) => $"{4 + (2 * i)} 0 R"))}] >>";
        return PdfOf(objects);
    }

    /// <summary>A PDF of one page with this content.</summary>
    public static byte[] PdfWith(string content, string resources = "/Font << /F1 5 0 R >>", params IEnumerable<string> more) => PdfOf(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            $"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << {resources} >> >>", PdfStream("", content), Font, .. more]);

    /// <summary>Draws a word.</summary>
    public const string Letters = "BT /F1 12 Tf 50 700 Td (letters) Tj ET";

    /// <summary>A form with these resources and this content.</summary>
    public static string PdfForm(string resources, string content) =>
        PdfStream($"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << {resources} >>", content);

    /// <summary>Forms that draw each other ten times each.</summary>
    public static byte[] PdfWithNestedForms(int depth)
    {
        var draws = string.Concat(Enumerable.Repeat("/X Do ", 10));
        var forms = Enumerable.Range(0, depth)
            .Select(level => level + 1 < depth ? PdfForm($"/XObject << /X {7 + level} 0 R >>", draws) : PdfForm("", "q Q"));
        return PdfWith(draws, "/XObject << /X 6 0 R >>", forms);
    }

    /// <summary>Nodes of a tree of pages that name the next node ten times each.</summary>
    public static byte[] PdfWithNestedPages(int depth) => PdfOf(
        ["<< /Type /Catalog /Pages 2 0 R >>",
            .. Enumerable.Range(0, depth).Select(level => $"<< /Type /Pages /Count 1 /Kids [{string.Concat(Enumerable.Repeat($"{3 + level} 0 R ", 10))}] >>"),
            "<< /Type /Page /MediaBox [0 0 9 9] >>"]);

    /// <summary>A content stream that unpacks to a thousand times its size.</summary>
    public static byte[] PdfBomb(int bytes)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var left = bytes; left > 0; left -= 1 << 20)
                zip.Write(new byte[1 << 20]);
        }
        return PdfWith("", "", PdfStream("/Filter /FlateDecode", Encoding.Latin1.GetString(packed.ToArray())))
            .Replaced("/Contents 4 0 R", "/Contents 6 0 R");
    }

    public static byte[] Zip(params IEnumerable<(string Name, string Content)> entries) =>
        ZipOf(entries.Select(entry => (entry.Name, (Action<Stream>)(stream => stream.Write(Encoding.UTF8.GetBytes(entry.Content))))));

    /// <summary>A document whose text unpacks to this many bytes, most of which are blanks.</summary>
    public static byte[] DocxBomb(int megabytes) => ZipOf([("word/document.xml", stream =>
    {
        stream.Write(Encoding.UTF8.GetBytes("<d><t>word</t>"));
        var blanks = new byte[1 << 20];
        blanks.AsSpan().Fill((byte)' ');
        for (var i = 0; i < megabytes; i++)
            stream.Write(blanks);
        stream.Write(Encoding.UTF8.GetBytes("</d>"));
    })]);

    private const string Font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

    private static string Paragraph(string text) => $"<w:p><w:r><w:t>{text[..(text.Length / 2)]}</w:t></w:r><w:r><w:t>{text[(text.Length / 2)..]}</w:t></w:r></w:p>";

    private static string Slide(string text) => $"<p:sld xmlns:p=\"p\" xmlns:a=\"{Drawing}\"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>";

    private static string PdfStream(string entries, string content) => $"<< {entries} /Length {content.Length} >>\nstream\n{content}\nendstream";

    private static byte[] Replaced(this byte[] bytes, string old, string value) =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(old, value, StringComparison.Ordinal));

    private static byte[] PdfOf(List<string> objects)
    {
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(pdf.Length);
            pdf.Append(FormattableString.Invariant($"{i + 1} 0 obj\n{objects[i]}\nendobj\n"));
        }
        var table = pdf.Length;
        pdf.Append(FormattableString.Invariant($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n"));
        foreach (var offset in offsets)
            pdf.Append(FormattableString.Invariant($"{offset:D10} 00000 n \n"));
        pdf.Append(FormattableString.Invariant($"trailer\n<< /Size {objects.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF"));
        return Encoding.Latin1.GetBytes(pdf.ToString());
    }

    private static byte[] ZipOf(IEnumerable<(string Name, Action<Stream> Write)> entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, write) in entries)
            {
                using var stream = zip.CreateEntry(name).Open();
                write(stream);
            }
        }
        return bytes.ToArray();
    }
}
