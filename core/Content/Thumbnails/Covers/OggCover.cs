using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>The picture among the comments of Ogg Vorbis and Opus: a FLAC picture block in base64.</summary>
internal static class OggCover
{
    /// <summary>The cover; null for none.</summary>
    /// <param name="content">An Ogg file.</param>
    /// <exception cref="MediaException">The file is damaged.</exception>
    public static async Task<ReadOnlyMemory<byte>?> FindAsync(ContentWindow content, CancellationToken cancellationToken)
    {
        var choice = new CoverChoice();
        foreach (var comment in await VorbisComments.ReadOggAsync(content, cancellationToken))
        {
            if (TryDecode(comment.Span, out var block))
                FlacCover.Offer(choice, block);
        }
        return choice.Picture;
    }

    private static bool TryDecode(ReadOnlySpan<byte> comment, out byte[] block)
    {
        block = [];
        var name = "METADATA_BLOCK_PICTURE="u8;
        if (comment.Length <= name.Length || !Ascii.EqualsIgnoreCase(comment[..name.Length], name))
            return false;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(comment.Length - name.Length)];
        if (Base64.DecodeFromUtf8(comment[name.Length..], decoded, out _, out var length) != OperationStatus.Done)
            return false;
        block = decoded[..length];
        return true;
    }
}
