using System.Text;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>Names of downloaded files (contract, section 19.3).</summary>
internal static class RemoteName
{
    private const string Fallback = "download";
    private const int MaxExtension = 32;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name of a file: as the site gives it, else the end of its address.</summary>
    /// <param name="answer">The site's response.</param>
    public static string Of(RemoteAnswer answer) =>
        Clean(answer.Name is { } name ? Decode(name) : Uri.UnescapeDataString(answer.Address?.Segments[^1].TrimEnd('/') ?? ""));

    /// <summary>A name that a file may have, as close to the given one as possible.</summary>
    /// <param name="name">The name.</param>
    public static string Clean(string name)
    {
        var clean = new string([.. name.Select(c => c is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsControl(c) ? '_' : c)]).Trim(' ');
        var dot = clean.LastIndexOf('.');
        var (stem, extension) = dot > 0 && clean.Length - dot <= MaxExtension ? (clean[..dot], clean[dot..]) : (clean, "");
        // A site may send a name as long as all its headers. No character takes less than a byte.
        stem = stem[..Math.Min(stem.Length, FilePath.MaxNameBytes)];
        // Half a surrogate pair that a cut leaves makes the name invalid, and goes next.
        while (stem.Length > 0 && !FilePath.IsValidName(stem + extension))
            stem = stem[..^1];
        return stem.Length > 0 ? stem + extension : Fallback;
    }

    /// <summary>Many sites send UTF-8 in headers, whose characters are read as Latin-1.</summary>
    private static string Decode(string name)
    {
        if (!name.Any(c => c >= 0x80) || name.Any(c => c > 0xFF))
            return name;
        try
        {
            return s_strict.GetString(Encoding.Latin1.GetBytes(name));
        }
        catch (DecoderFallbackException)
        {
            return name;
        }
    }
}
