using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>
/// Reads documents of Office Open XML (ECMA-376): zips of XML, of which only the parts with text are unpacked, and only as far as they are read.
/// </summary>
internal static partial class OfficeText
{
    private const int LocalHeaderBytes = 30;
    private const int Stored = 0;
    private const int Deflated = 8;
    private const int BytesPerStep = 64;
    private const int BufferCharacters = 4_096;

    /// <summary>The most bytes that the parts of a document may have when they are unpacked.</summary>
    public const long MaxUnpacked = 64L << 20;

    /// <summary>Reads a text document, with its notes, comments, headers and footers.</summary>
    public static Task ReadWordAsync(ReadOnlyMemory<byte> content, TextCollector text) => ReadAsync(content, text, WordPart());

    /// <summary>Reads the texts of a workbook's cells. Numbers are left out.</summary>
    public static Task ReadSheetsAsync(ReadOnlyMemory<byte> content, TextCollector text) => ReadAsync(content, text, SheetPart());

    /// <summary>Reads slides and their notes.</summary>
    public static Task ReadSlidesAsync(ReadOnlyMemory<byte> content, TextCollector text) => ReadAsync(content, text, SlidePart());

    private static async Task ReadAsync(ReadOnlyMemory<byte> content, TextCollector text, Regex parts)
    {
        var members = await ZipDirectory.ReadMembersAsync(
            (offset, length, _) => Task.FromResult(content.Slice(checked((int)offset), length).ToArray()),
            content.Length, NameEncoding.Of(null), text.Work, CancellationToken.None);
        var found = members.Select(member => (Member: member, Match: parts.Match(member.File.Name))).Where(part => part.Match.Success)
            .OrderBy(part => part.Match.Groups["first"].Success ? 0 : 1)
            .ThenBy(part => int.TryParse(part.Match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
        var left = MaxUnpacked;
        foreach (var (member, _) in found)
        {
            if (text.IsFull)
                return;
            using var part = new BoundedPart(Open(content, member), left, text);
            ReadPart(part, text);
            text.Separate('\n');
            left -= part.Total;
        }
    }

    private static Stream Open(ReadOnlyMemory<byte> content, ZipMember member)
    {
        if (member.IsEncrypted || member.Method is not (Stored or Deflated) || member.Offset > content.Length - LocalHeaderBytes)
            throw Damaged();
        var header = content.Span[(int)member.Offset..];
        var start = member.Offset + LocalHeaderBytes
            + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (member.PackedSize < 0 || start > content.Length || member.PackedSize > content.Length - start)
            throw Damaged();
        var packed = new MemoryStream(content.Slice((int)start, (int)member.PackedSize).ToArray(), writable: false);
        return member.Method == Deflated ? new DeflateStream(packed, CompressionMode.Decompress) : packed;
    }

    private static void ReadPart(Stream part, TextCollector text)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MaxUnpacked,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        using var xml = XmlReader.Create(part, settings);
        var characters = new char[BufferCharacters];
        var isText = false;
        // A number or a calculated text is in its cell; a cell with another text has the number of that text in the same place.
        var hasOwnValue = false;
        while (!text.IsFull && xml.Read())
        {
            text.Work.Spend();
            switch (xml.NodeType)
            {
                case XmlNodeType.Element when xml.LocalName is "rPh" or "fldData":
                    xml.Skip();
                    isText = false;
                    break;
                case XmlNodeType.Element:
                    if (xml.LocalName == "c")
                        hasOwnValue = xml.GetAttribute("t") is null or "n" or "str";
                    isText = !xml.IsEmptyElement && (xml.LocalName == "t" || (xml.LocalName == "v" && hasOwnValue));
                    if (xml.LocalName is "tab" or "br" or "cr")
                        text.Separate(' ');
                    break;
                case XmlNodeType.EndElement:
                    isText = false;
                    if (xml.LocalName is "p" or "si" or "is" or "c")
                        text.Separate('\n');
                    break;
                case XmlNodeType.Text or XmlNodeType.SignificantWhitespace or XmlNodeType.CDATA when isText:
                    for (int read; !text.IsFull && (read = xml.ReadValueChunk(characters, 0, characters.Length)) > 0;)
                        text.Add(characters.AsSpan(0, read));
                    break;
            }
        }
    }

    private static UnreadableDocumentException Damaged() => new("The document is damaged or encrypted.");

    [GeneratedRegex(@"^word/((?<first>document)|footnotes|endnotes|comments|header[0-9]{0,4}|footer[0-9]{0,4})\.xml$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex WordPart();

    [GeneratedRegex(@"^xl/((?<first>sharedStrings)|worksheets/sheet(?<number>[0-9]{1,6}))\.xml$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SheetPart();

    [GeneratedRegex(@"^ppt/((?<first>slides/slide)|notesSlides/notesSlide)(?<number>[0-9]{1,6})\.xml$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SlidePart();

    /// <summary>Unpacks no more than is left, and counts it as work.</summary>
    private sealed class BoundedPart(Stream content, long left, TextCollector text) : ReadOnlyStream
    {
        public long Total { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = content.Read(buffer, offset, count);
            Total += read;
            if (Total > left)
                throw new UnreadableDocumentException("The document is too large when it is unpacked.");
            text.Work.Spend(1 + (read / BytesPerStep));
            return read;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                content.Dispose();
            base.Dispose(disposing);
        }
    }
}
