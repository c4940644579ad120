using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

/// <summary>A photo in HEIC as phones write it; Samples/README.md says what is in the file.</summary>
public sealed class HeicPictureTests
{
    private static readonly ThumbnailFormat Png = new(400, 300, MagickFormat.Png, 95);

    private static readonly byte[] Photo = ReadSample();

    [Fact]
    public async Task Given_a_photo_taken_upright_when_it_is_scaled_then_it_is_turned_once()
    {
        var thumbnail = await PictureScaler.ScaleAsync(Photo, Png, CancellationToken.None);

        Assert.Equal(MagickFormat.Heic, PictureFormats.Recognize(Photo));
        Assert.Equal((150, 300), (thumbnail.Width, thumbnail.Height));
        AssertRedAboveBlue(thumbnail);
        using var read = new MagickImage(thumbnail.Content);
        Assert.Empty(read.ProfileNames);
    }

    [Fact]
    public async Task Given_the_small_picture_inside_when_it_takes_the_large_ones_place_then_it_is_turned_too()
    {
        var file = Photo.ToArray();

        HeifThumbnails.MakePrimary(file, Assert.Single(HeifThumbnails.Find(file)));
        var thumbnail = await PictureScaler.ScaleAsync(file, Png, CancellationToken.None);

        Assert.Equal((80, 160), (thumbnail.Width, thumbnail.Height));
        AssertRedAboveBlue(thumbnail);
    }

    [Fact]
    public async Task Given_a_damaged_photo_when_it_is_scaled_then_it_merely_has_no_thumbnail()
    {
        var random = new Random(20261129);
        for (var i = 0; i < 300; i++)
        {
            var damaged = Photo.ToArray();
            for (var n = random.Next(1, 6); n > 0; n--)
                damaged[random.Next(12, damaged.Length)] = (byte)random.Next(256);
            try
            {
                await PictureScaler.ScaleAsync(damaged, Png, CancellationToken.None);
            }
            catch (MediaException)
            {
                // What the damage allows.
            }
        }
    }

    private static void AssertRedAboveBlue(Thumbnail thumbnail)
    {
        Assert.True(Pictures.ColorAt(thumbnail.Content, thumbnail.Width / 2, thumbnail.Height / 8) is { R: > 200, B: < 60 });
        Assert.True(Pictures.ColorAt(thumbnail.Content, thumbnail.Width / 2, thumbnail.Height * 7 / 8) is { R: < 60, B: > 200 });
    }

    private static byte[] ReadSample()
    {
        using var stream = typeof(HeicPictureTests).Assembly.GetManifestResourceStream("sideways.heic")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
