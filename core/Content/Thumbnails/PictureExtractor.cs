using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails.Covers;
using Cloudreve.Core.Content.Thumbnails.Programs;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Extracts from a file the picture that its thumbnail shows.</summary>
/// <param name="source">The file's content.</param>
/// <param name="format">The thumbnail that will be made; the picture may be larger.</param>
/// <returns>The picture, encoded.</returns>
/// <exception cref="MediaException">There is no picture.</exception>
internal delegate Task<ReadOnlyMemory<byte>> ExtractPicture(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken);

/// <summary>One of the ways to extract a picture (contract, section 15), as the site's settings allow it.</summary>
/// <param name="Extensions">The extensions of the files that it is for.</param>
/// <param name="MaxSize">Their largest size in bytes.</param>
/// <param name="ExtractAsync">Does it.</param>
internal sealed record PictureExtractor(IReadOnlySet<string> Extensions, long MaxSize, ExtractPicture ExtractAsync)
{
    private const long FetchedAtOnce = 1024 * 1024;

    /// <summary>The ways that are enabled, in the order in which they are tried.</summary>
    public static IReadOnlyList<PictureExtractor> Of(SiteSettings site)
    {
        var extractors = new List<PictureExtractor>();
        if (site.Get(ThumbnailSetting.BuiltinEnabled))
            extractors.Add(new(PictureFormats.Extensions, site.Get(ThumbnailSetting.BuiltinMaxSize), ReadWholeAsync));
        if (site.Get(ThumbnailSetting.MusicCoverEnabled))
            Add(ThumbnailSetting.MusicCoverExtensions, ThumbnailSetting.MusicCoverMaxSize, MusicCover.ExtractAsync);
        if (IsUsable(ThumbnailSetting.VipsEnabled, ThumbnailSetting.VipsPath))
            Add(ThumbnailSetting.VipsExtensions, ThumbnailSetting.VipsMaxSize, new VipsPicture(site).ExtractAsync);
        if (IsUsable(ThumbnailSetting.FfmpegEnabled, ThumbnailSetting.FfmpegPath))
            Add(ThumbnailSetting.FfmpegExtensions, ThumbnailSetting.FfmpegMaxSize, new VideoFrame(site).ExtractAsync);
        if (IsUsable(ThumbnailSetting.LibreOfficeEnabled, ThumbnailSetting.LibreOfficePath))
            Add(ThumbnailSetting.LibreOfficeExtensions, ThumbnailSetting.LibreOfficeMaxSize, new DocumentPage(site).ExtractAsync);
        return extractors;

        // The path is empty where the operator does not allow the program.
        bool IsUsable(Setting<bool> enabled, Setting<string> program) => site.Get(enabled) && site.Get(program).Length > 0;

        void Add(Setting<string> extensions, Setting<long> maxSize, ExtractPicture extract) =>
            extractors.Add(new(ThumbnailExtensions.Parse(site.Get(extensions)), site.Get(maxSize), extract));
    }

    /// <summary>Checks whether the extractor handles a file.</summary>
    /// <param name="extension">The file's extension.</param>
    /// <param name="size">Bytes.</param>
    public bool Takes(string extension, long size) => size > 0 && size <= MaxSize && Extensions.Contains(extension);

    private static async Task<ReadOnlyMemory<byte>> ReadWholeAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        // A large file that is not a picture need not be fetched to find that out.
        if (source.Size > FetchedAtOnce && PictureFormats.Recognize(await source.ReadAsync(0, PictureFormats.HeaderLength, cancellationToken)) is null)
            throw new MediaException("The content is not a picture of a known format.", isFinal: true);
        return await source.ReadAsync(0, source.Size, cancellationToken);
    }
}
