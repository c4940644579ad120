using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Site.Settings;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

public sealed class LargePictureTests
{
    private static readonly ThumbnailFormat s_format = new(400, 300, MagickFormat.Png, 95);

    [Theory]
    [InlineData(12_240u, 16_320u)]
    [InlineData(16_320u, 12_240u)]
    public async Task Given_200_megapixels_with_a_small_photo_inside_when_scaled_then_the_small_one_is_shown(uint width, uint height)
    {
        var thumbnail = await PictureScaler.ScaleAsync(LargePictures.Avif(width, height, (512, 256)), s_format, CancellationToken.None);

        Assert.Equal((400, 200), (thumbnail.Width, thumbnail.Height));
        Assert.True(Pictures.ColorAt(thumbnail.Content, 50, 100) is { R: > 200, B: < 60 });
        Assert.True(Pictures.ColorAt(thumbnail.Content, 350, 100) is { R: < 60, B: > 200 });
    }

    [Fact]
    public async Task Given_200_megapixels_without_a_small_photo_when_scaled_then_it_is_refused_for_good() =>
        Assert.True((await RefusedAsync(LargePictures.Avif(12_240, 16_320, small: null), s_format)).IsFinal);

    [Fact]
    public async Task Given_a_small_photo_with_a_smaller_one_inside_when_scaled_then_the_photo_itself_is_decoded()
    {
        var thumbnail = await PictureScaler.ScaleAsync(LargePictures.Avif(320, 160, (320, 160)), s_format, CancellationToken.None);

        Assert.Equal((320, 160), (thumbnail.Width, thumbnail.Height));
    }

    [Fact]
    public async Task Given_a_jpeg_of_120_megapixels_when_it_is_scaled_then_its_decoder_leaves_out_detail()
    {
        var thumbnail = await PictureScaler.ScaleAsync(LargePictures.Jpeg(12_000, 10_000, isProgressive: false), s_format, CancellationToken.None);

        Assert.Equal((360, 300), (thumbnail.Width, thumbnail.Height));
    }

    [Fact]
    public async Task Given_a_progressive_jpeg_of_120_megapixels_when_it_is_scaled_then_it_is_refused_for_good() =>
        Assert.True((await RefusedAsync(LargePictures.Jpeg(12_000, 10_000, isProgressive: true), s_format)).IsFinal);

    [Fact]
    public async Task Given_a_limit_of_the_site_when_a_picture_is_above_it_then_it_is_refused_for_good()
    {
        var site = new SiteSettings(new Dictionary<string, string> { ["thumb_builtin_max_pixels"] = "319999" });

        Assert.True((await RefusedAsync(Pictures.RedAndBlue(MagickFormat.Png), ThumbnailFormat.Of(site))).IsFinal);
    }

    [Fact]
    public void Given_damaged_files_when_small_pictures_are_looked_for_then_none_is_found()
    {
        var whole = LargePictures.Avif(12_240, 16_320, (512, 256));
        Assert.Equal([2u], HeifThumbnails.Find(whole));

        for (var length = 0; length < 400; length++)
            Assert.InRange(HeifThumbnails.Find(whole.AsSpan(0, length)).Count, 0, 1);
        for (var at = 0; at < 400; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] = 0xFF;
            Assert.InRange(HeifThumbnails.Find(damaged).Count, 0, 8);
            HeifThumbnails.MakePrimary(damaged, 2);
        }
    }

    private static Task<MediaException> RefusedAsync(byte[] picture, ThumbnailFormat format) =>
        Assert.ThrowsAsync<MediaException>(() => PictureScaler.ScaleAsync(picture, format, CancellationToken.None));
}
