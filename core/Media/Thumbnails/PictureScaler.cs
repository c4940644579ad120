using ImageMagick;

namespace Cloudreve.Core.Media.Thumbnails;

/// <summary>A thumbnail that was made.</summary>
/// <param name="Content">The encoded picture.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
internal sealed record Thumbnail(byte[] Content, int Width, int Height);

/// <summary>
/// Scales pictures down. Width and height are read from the header before anything is decoded, so that a small file which
/// unfolds into gigabytes is refused; the decoder's own limits hold besides.
/// </summary>
internal static class PictureScaler
{
    /// <summary>The most pixels of a picture that is decoded: 400 MB in memory.</summary>
    public const long MaxPixels = 100_000_000;

    private const int MaxSide = 32_768;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
    }

    /// <summary>Scales a picture into a box, never up, upright, in sRGB and without its metadata.</summary>
    /// <param name="picture">The encoded picture.</param>
    /// <param name="format">How to make the thumbnail.</param>
    /// <param name="cancellationToken">Cancels the decoding.</param>
    /// <exception cref="ThumbnailException">The picture is of no known format, damaged or too large.</exception>
    public static async Task<Thumbnail> ScaleAsync(ReadOnlyMemory<byte> picture, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        var type = PictureFormats.Recognize(picture.Span) ?? throw new ThumbnailException("The content is not a picture of a known format.", isFinal: true);
        await Turn.WaitAsync(cancellationToken);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(Patience);
            return await Task.Run(() => Scale(picture.Span, type, format, deadline.Token), cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ThumbnailException("Decoding the picture took too long.", isFinal: false);
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
            CheckSize(picture, settings);
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
            throw new ThumbnailException("The picture is damaged.", isFinal: e is not MagickResourceLimitErrorException, e);
        }
    }

    private static void CheckSize(ReadOnlySpan<byte> picture, MagickReadSettings settings)
    {
        using var header = new MagickImage();
        header.Ping(picture, settings);
        if (header.Width is 0 or > MaxSide || header.Height is 0 or > MaxSide || (long)header.Width * header.Height > MaxPixels)
            throw new ThumbnailException($"The picture has {header.Width} x {header.Height} pixels.", isFinal: true);
    }

    private static void Shrink(MagickImage image, ThumbnailFormat format)
    {
        image.AutoOrient();
        ToStandardColors(image);
        var box = new MagickGeometry((uint)format.Width, (uint)format.Height) { Greater = !format.IsCut, FillArea = format.IsCut };
        image.Thumbnail(box);
        if (format.IsCut)
        {
            image.Crop(box.Width, box.Height, Gravity.Center);
            image.ResetPage();
        }
        image.Strip();
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
