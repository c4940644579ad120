using ImageMagick;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>
/// Recognizes the format of a picture by its first bytes. The decoder is never left to guess: it knows formats that are programs
/// (MVG, MSL), that name other files (SVG) or that start other software (PDF), and a file's name proves nothing.
/// </summary>
internal static class PictureFormats
{
    /// <summary>Maximum number of bytes that <see cref="Recognize"/> needs.</summary>
    public const int HeaderLength = 32;

    /// <summary>Extensions, without dot, of the formats that are decoded in the process.</summary>
    public static readonly IReadOnlySet<string> Extensions = new HashSet<string>
    {
        "avif", "bmp", "gif", "heic", "heif", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp",
    };

    /// <summary>The format of a picture; null when it is not a supported one.</summary>
    /// <param name="header">The content's first bytes.</param>
    public static MagickFormat? Recognize(ReadOnlySpan<byte> header) => header switch
    {
        [0xFF, 0xD8, 0xFF, ..] => MagickFormat.Jpeg,
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..] => MagickFormat.Png,
        [0x47, 0x49, 0x46, 0x38, 0x37 or 0x39, 0x61, ..] => MagickFormat.Gif,
        [0x42, 0x4D, _, _, _, _, _, _, _, _, _, _, _, _, ..] => MagickFormat.Bmp,
        [0x49, 0x49, 0x2A, 0x00, ..] or [0x4D, 0x4D, 0x00, 0x2A, ..] => MagickFormat.Tiff,
        [0x52, 0x49, 0x46, 0x46, _, _, _, _, 0x57, 0x45, 0x42, 0x50, ..] => MagickFormat.WebP,
        [_, _, _, _, 0x66, 0x74, 0x79, 0x70, ..] when header.Length >= 12 => RecognizeBrand(header[8..12]),
        _ => null,
    };

    // The brands of ISO/IEC 23008-12 and of AV1 pictures; videos have others.
    private static MagickFormat? RecognizeBrand(ReadOnlySpan<byte> brand) =>
        brand.SequenceEqual("avif"u8) || brand.SequenceEqual("avis"u8) ? MagickFormat.Avif
        : brand.SequenceEqual("heic"u8) || brand.SequenceEqual("heix"u8) || brand.SequenceEqual("heim"u8) || brand.SequenceEqual("heis"u8)
            || brand.SequenceEqual("hevc"u8) || brand.SequenceEqual("hevx"u8) || brand.SequenceEqual("mif1"u8) || brand.SequenceEqual("msf1"u8)
            ? MagickFormat.Heic
        : null;
}
