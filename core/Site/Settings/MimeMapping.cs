using System.Net.Http.Headers;
using System.Text.Json;

namespace Cloudreve.Core.Site.Settings;

/// <summary>The MIME types that a site gives to extensions: JSON of extension, with its dot, to type (contract, section 24).</summary>
internal static class MimeMapping
{
    /// <summary>The mapping used until the administration stores another one.</summary>
    public const string Default = """
        {".html":"text/html",".htm":"text/html",".css":"text/css",".js":"application/javascript",".json":"application/json",".txt":"text/plain",".md":"text/markdown",".xml":"application/xml",".svg":"image/svg+xml",".vtt":"text/vtt",".srt":"application/x-subrip",".png":"image/png",".apng":"image/apng",".jpg":"image/jpeg",".jpeg":"image/jpeg",".jfif":"image/jpeg",".gif":"image/gif",".webp":"image/webp",".avif":"image/avif",".heic":"image/heic",".heif":"image/heif",".jxl":"image/jxl",".mp3":"audio/mpeg",".m4a":"audio/mp4",".m4b":"audio/mp4",".aac":"audio/aac",".flac":"audio/flac",".ogg":"audio/ogg",".oga":"audio/ogg",".opus":"audio/ogg",".wav":"audio/wav",".weba":"audio/webm",".mka":"audio/x-matroska",".mp4":"video/mp4",".m4v":"video/mp4",".webm":"video/webm",".mkv":"video/x-matroska",".mov":"video/quicktime",".ogv":"video/ogg",".3gp":"video/3gpp",".pdf":"application/pdf",".zip":"application/zip",".7z":"application/x-7z-compressed",".rar":"application/vnd.rar",".epub":"application/epub+zip",".docx":"application/vnd.openxmlformats-officedocument.wordprocessingml.document",".xlsx":"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",".pptx":"application/vnd.openxmlformats-officedocument.presentationml.presentation"}
        """;

    /// <summary>Reads the setting.</summary>
    /// <param name="text">The JSON.</param>
    /// <returns>True if it is valid, and the types by extension without dot, ignoring case.</returns>
    public static (bool IsValid, IReadOnlyDictionary<string, string> Types) Parse(string text)
    {
        var types = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return (false, types);
            foreach (var (extension, type) in document.RootElement.EnumerateObject().Select(pair => (pair.Name, pair.Value)))
            {
                if (type.ValueKind != JsonValueKind.String || !MediaTypeHeaderValue.TryParse(type.GetString(), out var parsed))
                    return (false, types);
                types[extension.TrimStart('.')] = parsed.ToString();
            }
            return (true, types);
        }
        catch (JsonException)
        {
            return (false, types);
        }
    }
}
