using System.Globalization;
using System.Text;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Thumbnails.Covers;

namespace Cloudreve.Core.Content.Media;

/// <summary>Reads the tags of music: ID3v2, FLAC, MP4, Ogg Vorbis and Opus. Only the tags are fetched, not the sound.</summary>
internal static class MusicTags
{
    private const int FlacComments = 4;

    /// <summary>Longest value that is kept, in characters. Lyrics and the like are no tags of interest.</summary>
    private const int MaxCharacters = 512;

    // The names of one tag in ID3v2.3 and 2.4, ID3v2.2, comments of Vorbis, and MP4.
    private static readonly (string Key, string Id3, string ShortId3, string Comment, string Mp4)[] s_tags =
    [
        ("music:title", "TIT2", "TT2", "TITLE", "\u00A9nam"),
        ("music:artist", "TPE1", "TP1", "ARTIST", "\u00A9ART"),
        ("music:album", "TALB", "TAL", "ALBUM", "\u00A9alb"),
        ("music:album_artists", "TPE2", "TP2", "ALBUMARTIST", "aART"),
        ("music:composer", "TCOM", "TCM", "COMPOSER", "\u00A9wrt"),
        ("music:genre", "TCON", "TCO", "GENRE", "\u00A9gen"),
        ("music:year", "TYER", "TYE", "DATE", "\u00A9day"),
        ("music:year", "TDRC", "TDR", "YEAR", "\u00A9day"),
        ("music:track", "TRCK", "TRK", "TRACKNUMBER", ""),
    ];

    /// <summary>The tags by the metadata keys of the contract (section 9.1); empty for a file without tags that are known.</summary>
    /// <param name="source">The music.</param>
    /// <exception cref="MediaException">The tags are damaged.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(MediaSource source, CancellationToken cancellationToken)
    {
        var content = new ContentWindow(source, ContentWindow.Work(cancellationToken));
        var start = (await content.ReadAsync(0, Math.Min(12, content.Size), cancellationToken)).ToArray();
        var tags = new Dictionary<string, string>();
        switch (start)
        {
            case [(byte)'I', (byte)'D', (byte)'3', ..]:
                await ReadId3Async(content, tags, cancellationToken);
                break;
            case [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..]:
                await foreach (var block in FlacCover.ReadBlocksAsync(content, FlacComments, cancellationToken))
                    ReadComments(VorbisComments.Split(content, block), tags);
                Close(tags, "VORBIS", "FLAC");
                break;
            case [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..]:
                ReadComments(await VorbisComments.ReadOggAsync(content, cancellationToken), tags);
                Close(tags, "VORBIS", "OGG");
                break;
            case [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..]:
                foreach (var (name, value) in await Mp4Tags.ReadAsync(content, cancellationToken))
                    Add(tags, s_tags.FirstOrDefault(tag => tag.Mp4 == name).Key ?? (name == Mp4Tags.Track ? "music:track" : null), value);
                Close(tags, "MP4", "M4A");
                break;
        }
        return tags;
    }

    private static async Task ReadId3Async(ContentWindow content, Dictionary<string, string> tags, CancellationToken cancellationToken)
    {
        if (await Id3Tag.ReadAsync(content, cancellationToken) is not { } tag)
            return;
        foreach (var frame in tag.Frames.Where(frame => frame.Body.Length > 1))
            Add(tags, s_tags.FirstOrDefault(known => frame.Name == (tag.Version == 2 ? known.ShortId3 : known.Id3)).Key, TextOf(frame.Body.Span));
        Close(tags, string.Create(CultureInfo.InvariantCulture, $"ID3v2.{tag.Version}"), "MP3");
    }

    private static void ReadComments(IReadOnlyList<ReadOnlyMemory<byte>> comments, Dictionary<string, string> tags)
    {
        foreach (var comment in comments.Where(comment => comment.Length <= 4 * MaxCharacters))
        {
            if (Encoding.UTF8.GetString(comment.Span).Split('=', 2) is [var name, var value])
                Add(tags, s_tags.FirstOrDefault(tag => tag.Comment.Equals(name, StringComparison.OrdinalIgnoreCase)).Key, value);
        }
    }

    /// <summary>Decodes a text frame: a byte for the encoding, then one text or several, separated by zeros.</summary>
    private static string TextOf(ReadOnlySpan<byte> body)
    {
        var text = body[1..Math.Min(body.Length, 4 * MaxCharacters)];
        var decoded = body[0] switch
        {
            1 when text is [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode.GetString(text[2..]),
            1 when text is [0xFF, 0xFE, ..] => Encoding.Unicode.GetString(text[2..]),
            1 => Encoding.Unicode.GetString(text),
            2 => Encoding.BigEndianUnicode.GetString(text),
            3 => Encoding.UTF8.GetString(text),
            _ => Encoding.Latin1.GetString(text),
        };
        return string.Join("; ", decoded.Split('\0', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static void Add(Dictionary<string, string> tags, string? key, string value)
    {
        value = new string([.. value.Where(c => !char.IsControl(c))]).Trim();
        if (key == "music:track")
            value = value.Split('/')[0].TrimStart('0');
        if (key == "music:year" && value.Length > 4)
            value = value[..4];
        if (key is not null && value.Length is > 0 and <= MaxCharacters)
            tags.TryAdd(key, value);
    }

    private static void Close(Dictionary<string, string> tags, string format, string fileType)
    {
        if (tags.Count == 0)
            return;
        tags["music:format"] = format;
        tags["music:file_type"] = fileType;
    }
}
