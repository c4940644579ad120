using Cloudreve.Core.Content.Media;
using ImageMagick;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>A thumbnail that was made.</summary>
/// <param name="Content">The encoded picture.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
internal sealed record Thumbnail(byte[] Content, int Width, int Height);

/// <summary>
/// Scales pictures down. Width and height are read from the header before anything is decoded, so that a small file which
/// unpacks into gigabytes is refused; the decoder's own limits apply as well.
/// </summary>
internal static class PictureScaler
{
    /// <summary>Maximum number of pixels that are held in memory: 400 MB. Of larger pictures the decoder must leave out detail.</summary>
    public const long MaxPixels = 100_000_000;

    private const int MaxSide = 32_768;
    private const uint MaxFrames = 16;
    private const ulong MaxProfile = 16UL * 1024 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    // One decoded picture may take most of a small instance's memory.
    private static readonly SemaphoreSlim Turn = new(1, 1);

    static PictureScaler()
    {
        ResourceLimits.Width = MaxSide;
        ResourceLimits.Height = MaxSide;
        ResourceLimits.Area = MaxPixels;
        ResourceLimits.Memory = 768UL * 1024 * 1024;
        ResourceLimits.Disk = 0;
        ResourceLimits.Thread = 1;
        // Only one picture and its colour profile are needed.
        ResourceLimits.ListLength = MaxFrames;
        ResourceLimits.MaxProfileSize = MaxProfile;
    }

    /// <summary>Scales a picture into a box, never up, upright, in sRGB and without its metadata.</summary>
    /// <param name="picture">The encoded picture.</param>
    /// <param name="format">The format of the thumbnail.</param>
    /// <param name="cancellationToken">Cancels the decoding.</param>
    /// <exception cref="MediaException">The picture is of an unknown format, damaged or too large.</exception>
    public static async Task<Thumbnail> ScaleAsync(ReadOnlyMemory<byte> picture, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        var type = PictureFormats.Recognize(picture.Span) ?? throw new MediaException("The content is not a picture of a known format.", isFinal: true);
        await Turn.WaitAsync(cancellationToken);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Timeout);
            return await Task.Run(() => Scale(picture.Span, type, format, deadline.Token), cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MediaException("Decoding the picture took too long.", isFinal: false);
        }
        finally
        {
            Turn.Release();
        }
    }

    private static Thumbnail Scale(ReadOnlySpan<byte> picture, MagickFormat type, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        try
        {
            var settings = new MagickReadSettings { Format = type, FrameIndex = 0, FrameCount = 1 };
            if (CheckSize(picture, settings, format) > MaxPixels)
                picture = WithoutDetail(picture, type, settings);
            // The decoder of JPEG can leave out detail that the thumbnail would not show.
            if (type == MagickFormat.Jpeg)
                settings.SetDefine(MagickFormat.Jpeg, "size", $"{2 * format.Width}x{2 * format.Height}");
            using var image = new MagickImage();
            image.Progress += (_, progress) => progress.Cancel = cancellationToken.IsCancellationRequested;
            image.Read(picture, settings);
            cancellationToken.ThrowIfCancellationRequested();
            Shrink(image, format);
            return Encode(image, format);
        }
        catch (MagickException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new MediaException("The picture is damaged.", isFinal: e is not MagickResourceLimitErrorException, e);
        }
    }

    /// <summary>Number of pixels of a picture, by its header.</summary>
    private static long CheckSize(ReadOnlySpan<byte> picture, MagickReadSettings settings, ThumbnailFormat format)
    {
        using var header = new MagickImage();
        header.Ping(picture, settings);
        var pixels = (long)header.Width * header.Height;
        return header.Width is 0 or > MaxSide || header.Height is 0 or > MaxSide || pixels > format.MaxPixels
            ? throw TooLarge(header)
            : pixels;
    }

    /// <summary>
    /// Chooses what to decode of a picture that is too large to be held whole: a JPEG as it is, since its decoder leaves out detail, unless it
    /// would have to hold all of it first; of HEIF the largest of the small pictures inside.
    /// </summary>
    private static ReadOnlySpan<byte> WithoutDetail(ReadOnlySpan<byte> picture, MagickFormat type, MagickReadSettings settings)
    {
        if (type == MagickFormat.Jpeg && JpegHeader.IsSequential(picture))
            return picture;
        if (type is MagickFormat.Heic or MagickFormat.Avif)
        {
            var changed = picture.ToArray();
            var sizes = HeifThumbnails.Find(picture).Select(small => (Number: small, Pixels: PixelsOf(changed, small, settings)))
                .Where(small => small.Pixels is > 0 and <= MaxPixels).ToList();
            if (sizes.Count > 0)
            {
                HeifThumbnails.MakePrimary(changed, sizes.MaxBy(small => small.Pixels).Number);
                return changed;
            }
        }
        throw new MediaException("The picture is too large to be decoded whole, and has no smaller one inside.", isFinal: true);
    }

    private static long PixelsOf(byte[] heif, uint picture, MagickReadSettings settings)
    {
        HeifThumbnails.MakePrimary(heif, picture);
        using var header = new MagickImage();
        try
        {
            header.Ping(heif, settings);
            return (long)header.Width * header.Height;
        }
        catch (MagickException)
        {
            return 0;
        }
    }

    private static MediaException TooLarge(MagickImage header) => new($"The picture has {header.Width} x {header.Height} pixels.", isFinal: true);

    private static void Shrink(MagickImage image, ThumbnailFormat format)
    {
        image.AutoOrient();
        ToStandardColors(image);
        if (format.IsCut)
            CutToShape(image, format);
        // After the crop the aspect ratios are the same to within a fraction of a pixel.
        image.Thumbnail(new MagickGeometry((uint)format.Width, (uint)format.Height) { Greater = !format.IsCut, IgnoreAspectRatio = format.IsCut });
        image.Strip();
    }

    /// <summary>Crops to the middle, in the aspect ratio of the thumbnail. Scaling first would make a strip of a few pixels huge.</summary>
    private static void CutToShape(MagickImage image, ThumbnailFormat format)
    {
        var width = Math.Min(image.Width, (long)image.Height * format.Width / format.Height);
        var height = Math.Min(image.Height, (long)image.Width * format.Height / format.Width);
        image.Crop((uint)Math.Max(1, width), (uint)Math.Max(1, height), Gravity.Center);
        image.ResetPage();
    }

    private static void ToStandardColors(MagickImage image)
    {
        try
        {
            if (image.GetColorProfile() is not null)
                image.TransformColorSpace(ColorProfiles.SRGB);
        }
        catch (MagickException)
        {
            // A damaged profile costs the right shade, not the thumbnail.
            image.RemoveProfile("icc");
        }
        if (image.ColorSpace is not (ColorSpace.sRGB or ColorSpace.Gray))
            image.ColorSpace = ColorSpace.sRGB;
    }

    private static Thumbnail Encode(MagickImage image, ThumbnailFormat format)
    {
        if (format.Encoding == MagickFormat.Jpeg)
        {
            image.BackgroundColor = MagickColors.White;
            image.Alpha(AlphaAction.Remove);
        }
        image.Quality = (uint)(format.Encoding == MagickFormat.Png ? 95 : format.Quality);
        return new Thumbnail(image.ToByteArray(format.Encoding), (int)image.Width, (int)image.Height);
    }
}
