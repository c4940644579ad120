using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.Api.Files;

/// <summary>How content is named and typed for browsers.</summary>
internal static class ContentNames
{
    private const string Unknown = "application/octet-stream";

    private static readonly FileExtensionContentTypeProvider Types = new();

    // Whatever else a browser may run as a page of the blob's origin is always saved, never shown.
    private static bool IsPassive(string type) =>
        type is "application/pdf" or "text/plain"
        || type.StartsWith("audio/", StringComparison.Ordinal)
        || type.StartsWith("video/", StringComparison.Ordinal)
        || (type.StartsWith("image/", StringComparison.Ordinal) && type != "image/svg+xml");

    /// <summary>The MIME type of a file, by its extension.</summary>
    /// <param name="name">The file's name.</param>
    public static string MimeType(string name) => Types.TryGetContentType(name, out var type) ? type : Unknown;

    /// <summary>The Content-Disposition of a file: RFC 6266 with a plain and an extended name.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="download">Whether the browser saves it instead of showing it.</param>
    public static string Disposition(string name, bool download)
    {
        var header = new ContentDispositionHeaderValue(download || !IsPassive(MimeType(name)) ? "attachment" : "inline");
        header.SetHttpFileName(name);
        return header.ToString();
    }
}
