using System.Text;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

public sealed class PictureScalerTests
{
    private static readonly ThumbnailFormat Png = new(400, 300, MagickFormat.Png, 95);

    [Theory]
    [InlineData(MagickFormat.Jpeg)]
    [InlineData(MagickFormat.Png)]
    [InlineData(MagickFormat.WebP)]
    [InlineData(MagickFormat.Gif)]
    [InlineData(MagickFormat.Bmp)]
    [InlineData(MagickFormat.Tiff)]
    [InlineData(MagickFormat.Avif)]
    public async Task Given_a_picture_of_a_known_format_when_scaled_then_it_fits_the_box_and_shows_the_same(MagickFormat format)
    {
        var thumbnail = await PictureScaler.ScaleAsync(Pictures.RedAndBlue(format), Png, CancellationToken.None);

        Assert.Equal((400, 200), (thumbnail.Width, thumbnail.Height));
        Assert.Equal(MagickFormat.Png, PictureFormats.Recognize(thumbnail.Content));
        Assert.True(Pictures.ColorAt(thumbnail.Content, 50, 100) is { R: > 200, B: < 60 });
        Assert.True(Pictures.ColorAt(thumbnail.Content, 350, 100) is { R: < 60, B: > 200 });
    }

    [Fact]
    public async Task Given_a_picture_smaller_than_the_box_when_it_is_scaled_then_it_keeps_its_size()
    {
        var thumbnail = await PictureScaler.ScaleAsync(Pictures.RedAndBlue(MagickFormat.Png, 40, 20), Png, CancellationToken.None);

        Assert.Equal((40, 20), (thumbnail.Width, thumbnail.Height));
    }

    [Fact]
    public async Task Given_a_photo_taken_sideways_when_scaled_then_it_is_upright_and_hides_its_origin()
    {
        var photo = Pictures.RedAndBlue(MagickFormat.Jpeg, change: image =>
        {
            var exif = new ExifProfile();
            exif.SetValue(ExifTag.Orientation, (ushort)6);
            exif.SetValue(ExifTag.Artist, "somebody");
            image.SetProfile(exif);
            image.Orientation = Orientation.RightTop;
        });

        var thumbnail = await PictureScaler.ScaleAsync(photo, Png with { Encoding = MagickFormat.Jpeg }, CancellationToken.None);

        Assert.Equal((150, 300), (thumbnail.Width, thumbnail.Height));
        Assert.True(Pictures.ColorAt(thumbnail.Content, 75, 20) is { R: > 200, B: < 60 });
        using var read = new MagickImage(thumbnail.Content);
        Assert.Empty(read.ProfileNames);
    }

    [Fact]
    public async Task Given_a_transparent_picture_when_it_becomes_a_jpeg_then_its_background_is_white()
    {
        using var image = new MagickImage(MagickColors.Transparent, 100, 100);

        var thumbnail = await PictureScaler.ScaleAsync(image.ToByteArray(MagickFormat.Png), Png with { Encoding = MagickFormat.Jpeg }, CancellationToken.None);

        Assert.True(Pictures.ColorAt(thumbnail.Content, 50, 50) is { R: > 250, G: > 250, B: > 250 });
    }

    [Fact]
    public async Task Given_a_picture_in_printing_colours_when_it_is_scaled_then_screens_can_show_it()
    {
        var picture = Pictures.RedAndBlue(MagickFormat.Jpeg, change: image => image.ColorSpace = ColorSpace.CMYK);

        var thumbnail = await PictureScaler.ScaleAsync(picture, Png, CancellationToken.None);

        using var read = new MagickImage(thumbnail.Content);
        Assert.Equal(ColorSpace.sRGB, read.ColorSpace);
        Assert.True(Pictures.ColorAt(thumbnail.Content, 50, 100) is { R: > 200, B: < 80 });
    }

    [Fact]
    public async Task Given_an_animation_when_it_is_scaled_then_its_first_picture_is_taken()
    {
        using var frames = new MagickImageCollection();
        foreach (var color in (MagickColor[])[MagickColors.Red, MagickColors.Blue, MagickColors.Green])
            frames.Add(new MagickImage(color, 50, 50));

        var thumbnail = await PictureScaler.ScaleAsync(frames.ToByteArray(MagickFormat.Gif), Png, CancellationToken.None);

        Assert.True(Pictures.ColorAt(thumbnail.Content, 25, 25) is { R: > 200, B: < 60 });
    }

    [Theory]
    [InlineData(30_000u, 30_000u)]
    [InlineData(100_000u, 10u)]
    [InlineData(4_000_000_000u, 4_000_000_000u)]
    public async Task Given_a_small_file_that_would_unpack_when_it_is_scaled_then_it_is_refused_for_good(uint width, uint height)
    {
        var refused = await Assert.ThrowsAsync<MediaException>(
            () => PictureScaler.ScaleAsync(Pictures.Bomb(width, height), Png, CancellationToken.None));

        Assert.True(refused.IsFinal);
    }

    [Fact]
    public async Task Given_a_picture_of_many_frames_when_it_is_scaled_then_the_first_alone_is_decoded()
    {
        using var first = new MagickImage(MagickColors.Red, 50, 50);
        var gif = first.ToByteArray(MagickFormat.Gif);
        // The rest is not a frame: reading on fails.
        gif = [.. gif[..^1], 0x2C, .. new byte[200], 0x3B];

        var thumbnail = await PictureScaler.ScaleAsync(gif, Png, CancellationToken.None);

        Assert.True(Pictures.ColorAt(thumbnail.Content, 25, 25) is { R: > 200, B: < 60 });
    }

    [Fact]
    public async Task Given_a_small_picture_with_a_huge_colour_profile_when_scaled_then_the_profile_goes()
    {
        var thumbnail = await PictureScaler.ScaleAsync(Pictures.WithProfile(64 * 1024 * 1024), Png, CancellationToken.None);

        Assert.True(Pictures.ColorAt(thumbnail.Content, 1, 1) is { R: > 200, B: < 60 });
    }

    [Theory]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"/>")]
    [InlineData("<?xml version=\"1.0\"?><image><read filename=\"/etc/passwd\"/></image>")]
    [InlineData("push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://example.com/x.png'\npop graphic-context")]
    [InlineData("%PDF-1.7\n")]
    [InlineData("%!PS-Adobe-3.0\n")]
    [InlineData("")]
    public async Task Given_content_that_is_a_program_or_none_when_it_is_scaled_then_the_decoder_never_sees_it(string content)
    {
        var refused = await Assert.ThrowsAsync<MediaException>(
            () => PictureScaler.ScaleAsync(Encoding.UTF8.GetBytes(content), Png, CancellationToken.None));

        Assert.True(refused.IsFinal);
    }

    [Theory]
    [InlineData(MagickFormat.Png)]
    [InlineData(MagickFormat.WebP)]
    [InlineData(MagickFormat.Tiff)]
    [InlineData(MagickFormat.Avif)]
    public async Task Given_a_damaged_picture_when_it_is_scaled_then_it_fails_for_good(MagickFormat format)
    {
        var picture = Pictures.RedAndBlue(format);
        Array.Fill(picture, (byte)0x5A, 14, picture.Length - 14);

        var refused = await Assert.ThrowsAsync<MediaException>(() => PictureScaler.ScaleAsync(picture, Png, CancellationToken.None));

        Assert.True(refused.IsFinal);
    }

    [Fact]
    public async Task Given_a_caller_who_has_gone_when_a_picture_would_be_scaled_then_it_is_not()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PictureScaler.ScaleAsync(Pictures.RedAndBlue(MagickFormat.Png), Png, gone.Token));
    }
}
