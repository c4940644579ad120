using Cloudreve.Core.Site.Settings;
using ImageMagick;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>The format of thumbnails.</summary>
/// <param name="Width">The most pixels side by side.</param>
/// <param name="Height">The most pixels one above the other.</param>
/// <param name="Encoding">PNG, JPEG or WebP.</param>
/// <param name="Quality">1 to 100; without effect for PNG, which is lossless.</param>
internal sealed record ThumbnailFormat(int Width, int Height, MagickFormat Encoding, int Quality)
{
    // Larger ones would be pictures, not thumbnails.
    private const int MaxSide = 2048;

    /// <summary>True if the picture fills the box and the overhang is cropped; otherwise it is scaled down to fit in.</summary>
    public bool IsCut { get; init; }

    /// <summary>Maximum number of pixels of the picture that the thumbnail is made from.</summary>
    public long MaxPixels { get; init; } = ThumbnailSetting.BuiltinMaxPixels.Default;

    /// <summary>The extension of the encoding, without dot.</summary>
    public string Extension => Encoding switch
    {
        MagickFormat.Jpeg => "jpg",
        MagickFormat.WebP => "webp",
        _ => "png",
    };

    /// <summary>The format that the site's settings specify.</summary>
    public static ThumbnailFormat Of(SiteSettings site) => new(
        (int)Math.Min(site.Get(SiteSetting.ThumbnailWidth), MaxSide),
        (int)Math.Min(site.Get(SiteSetting.ThumbnailHeight), MaxSide),
        site.Get(ThumbnailSetting.EncodeMethod).ToUpperInvariant() switch
        {
            "JPG" or "JPEG" => MagickFormat.Jpeg,
            "WEBP" => MagickFormat.WebP,
            _ => MagickFormat.Png,
        },
        (int)Math.Clamp(site.Get(ThumbnailSetting.EncodeQuality), 1, 100))
    {
        MaxPixels = site.Get(ThumbnailSetting.BuiltinMaxPixels),
    };
}
