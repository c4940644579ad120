using System.Runtime.CompilerServices;
using Cloudreve.Core.Site.Settings;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Cloudreve.Functions.Api.Files;

/// <summary>The names and types that content has for browsers.</summary>
internal static class ContentNames
{
    private const string Unknown = "application/octet-stream";

    private static readonly FileExtensionContentTypeProvider s_usual = new();

    // The setting is JSON, and a page of files looks up each of them.
    private static readonly ConditionalWeakTable<SiteSettings, IReadOnlyDictionary<string, string>> s_mappings = [];

    /// <summary>The MIME type of a file, by its extension: the one that the site has for it, otherwise the usual one.</summary>
    public static string MimeType(SiteSettings site, string name)
    {
        var mapping = s_mappings.GetValue(site, settings => settings.Get(SiteSetting.MimeTypes));
        var extension = Path.GetExtension(name).TrimStart('.');
        return mapping.TryGetValue(extension, out var own) || SiteSetting.MimeTypes.Default.TryGetValue(extension, out own) ? own
            : s_usual.TryGetContentType(name, out var usual) ? usual
            : Unknown;
    }

    /// <summary>The Content-Disposition of a file: RFC 6266 with a plain and an extended name.</summary>
    /// <param name="download">True if the browser saves it instead of showing it.</param>
    public static string Disposition(SiteSettings site, string name, bool download) =>
        Disposition(name, isInline: !download && IsPassive(MimeType(site, name)));

    /// <summary>The Content-Disposition of a file that browsers save.</summary>
    public static string Attachment(string name) => Disposition(name, isInline: false);

    private static string Disposition(string name, bool isInline)
    {
        var header = new ContentDispositionHeaderValue(isInline ? "inline" : "attachment");
        header.SetHttpFileName(name);
        return header.ToString();
    }

    /// <summary>Whatever else a browser may run as a page of the blob's origin is always saved, never shown.</summary>
    private static bool IsPassive(string type)
    {
        var essence = type.Split(';')[0].Trim().ToLowerInvariant();
        return essence is "application/pdf" or "text/plain" or "text/vtt"
            || essence.StartsWith("audio/", StringComparison.Ordinal)
            || essence.StartsWith("video/", StringComparison.Ordinal)
            || (essence.StartsWith("image/", StringComparison.Ordinal) && essence != "image/svg+xml");
    }
}
