using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>Reads the text of a document.</summary>
/// <param name="content">The document, or the first part of it.</param>
/// <param name="text">Receives the text.</param>
internal delegate Task ReadTextAsync(ReadOnlyMemory<byte> content, TextCollector text);

/// <summary>A kind of document.</summary>
/// <param name="ReadAsync">Reads its text.</param>
/// <param name="MaxBytes">The most bytes of it that are read.</param>
internal sealed record DocumentFormat(ReadTextAsync ReadAsync, long MaxBytes);

/// <summary>Finds how a file's text can be read, by its name, its size and the settings.</summary>
internal static class DocumentFormats
{
    private static readonly DocumentFormat s_plain = new(PlainText.ReadAsync, PlainText.MaxBytes);

    private static readonly HashSet<string> s_plainExtensions =
        ["txt", "text", "md", "markdown", "mdx", "rst", "adoc", "org", "tex", "csv", "tsv", "log", "json", "yaml", "yml", "toml", "ini", "srt", "vtt"];

    private static readonly Dictionary<string, ReadTextAsync> s_documents = new()
    {
        ["docx"] = OfficeText.ReadWordAsync,
        ["xlsx"] = OfficeText.ReadSheetsAsync,
        ["pptx"] = OfficeText.ReadSlidesAsync,
        ["pdf"] = PdfText.ReadAsync,
    };

    /// <summary>The format of a file; null when it is not indexed.</summary>
    public static DocumentFormat? Find(SiteSettings site, FileRecord file)
    {
        if (file is not { Type: FileType.File, Size: > 0 } || file.PrimaryEntityId == 0 || !site.Get(FullTextSetting.Enabled))
            return null;
        var extension = ThumbnailExtensions.Of(file.Name);
        if (s_plainExtensions.Contains(extension))
            return s_plain;
        return s_documents.TryGetValue(extension, out var read) && file.Size <= site.Get(FullTextSetting.MaxFileSize)
            && ThumbnailExtensions.Parse(site.Get(FullTextSetting.Extensions)).Contains(extension)
            ? new DocumentFormat(read, file.Size)
            : null;
    }
}
