using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>Attached pictures of ID3v2.2, 2.3 and 2.4 tags (id3.org, "ID3 tag version 2.4.0 - Native Frames", section 4.14).</summary>
internal static class Id3Cover
{
    /// <summary>The cover; null for none.</summary>
    /// <param name="content">The file, which starts with a tag.</param>
    /// <exception cref="MediaException">The tag is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        if (await Id3Tag.ReadAsync(content, cancellationToken) is not { } tag)
            return null;
        var choice = new CoverChoice();
        foreach (var frame in tag.Frames.Where(frame => frame.Name is "APIC" or "PIC"))
            OfferPicture(choice, frame.Body, isShort: tag.Version == 2);
        return choice.Picture;
    }

    // Encoding of the description, MIME type or three letters, type of picture, description, picture.
    private static void OfferPicture(CoverChoice choice, ReadOnlyMemory<byte> body, bool isShort)
    {
        var span = body.Span;
        var type = isShort ? 4 : span.Length > 1 && span[1..].IndexOf((byte)0) is >= 0 and var end ? end + 2 : -1;
        if (type < 0 || type >= span.Length)
            return;
        var description = type + 1;
        var isWide = span[0] is 1 or 2;
        var length = isWide ? WideLength(span[description..]) : span[description..].IndexOf((byte)0);
        var picture = description + length + (isWide ? 2 : 1);
        if (length >= 0 && picture < span.Length)
            choice.Offer(span[type], body[picture..]);
    }

    private static int WideLength(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i + 1 < text.Length; i += 2)
        {
            if (text[i] == 0 && text[i + 1] == 0)
                return i;
        }
        return -1;
    }
}
