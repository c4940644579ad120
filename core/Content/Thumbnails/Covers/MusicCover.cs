using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Covers;

/// <summary>The cover that a music file carries in its tags: ID3v2, FLAC, MP4, Ogg Vorbis and Opus. Only the tags are read.</summary>
internal static class MusicCover
{
    /// <inheritdoc cref="ExtractPicture"/>
    public static async Task<ReadOnlyMemory<byte>> ExtractAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        var content = new ContentWindow(source, ContentWindow.Work(cancellationToken));
        var start = (await content.ReadAsync(0, Math.Min(12, content.Size), cancellationToken)).ToArray();
        var cover = start switch
        {
            [(byte)'I', (byte)'D', (byte)'3', ..] => await Id3Cover.FindAsync(content, cancellationToken),
            [(byte)'f', (byte)'L', (byte)'a', (byte)'C', ..] => await FlacCover.FindAsync(content, cancellationToken),
            [(byte)'O', (byte)'g', (byte)'g', (byte)'S', ..] => await OggCover.FindAsync(content, cancellationToken),
            [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] => await Mp4Cover.FindAsync(content, cancellationToken),
            _ => null,
        };
        return cover is { Length: > 0 } found ? found : throw new MediaException("The music has no cover.", isFinal: true);
    }
}
