using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.Api.Files;

/// <summary>How content is named and typed for browsers.</summary>
internal static class ContentNames
{
    private const string Unknown = "application/octet-stream";

    private static readonly FileExtensionContentTypeProvider Types = new();

    // What a browser would run as a page of the blob's origin is never shown inline.
    private static readonly HashSet<string> Active = new(StringComparer.OrdinalIgnoreCase)
    {
        "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "application/javascript", "text/javascript",
    };

    /// <summary>The MIME type of a file, by its extension.</summary>
    /// <param name="name">The file's name.</param>
    public static string MimeType(string name) => Types.TryGetContentType(name, out var type) ? type : Unknown;

    /// <summary>The Content-Disposition of a file: RFC 6266 with a plain and an extended name.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="download">Whether the browser shall save it.</param>
    public static string Disposition(string name, bool download)
    {
        var header = new ContentDispositionHeaderValue(download || Active.Contains(MimeType(name)) ? "attachment" : "inline");
        header.SetHttpFileName(name);
        return header.ToString();
    }
}
