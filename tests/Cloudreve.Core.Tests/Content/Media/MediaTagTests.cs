using System.Globalization;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Tests.Content.Thumbnails;
using Cloudreve.Testing.Azurite;
using CsCheck;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Media;

public sealed class MediaTagTests(AzuriteServer azurite) : IAsyncLifetime
{
    private readonly BlobContainer _container = azurite.Connect().Container(AzuriteServer.UniqueName());

    public static TheoryData<string> Kinds => [.. Music.Keys];

    private static Dictionary<string, (byte[] File, string Tags)> Music { get; } = new()
    {
        ["ID3v2.3"] = (MusicFiles.Id3V23Texts(), "artist=Anna, file_type=MP3, format=ID3v2.3, title=Für Elise, track=3, year=1998"),
        ["ID3v2.4"] = (MusicFiles.Id3V24Texts(), "album=Ålbum, artist=Ann; Bob, file_type=MP3, format=ID3v2.4, year=2001"),
        ["FLAC"] = (MusicFiles.FlacTexts(), "album_artists=Alle, artist=Band, file_type=FLAC, format=VORBIS, genre=Jazz, title=Lied, track=7, year=1999"),
        ["Opus"] = (MusicFiles.OpusTexts(), "composer=C. Omposer, file_type=OGG, format=VORBIS, title=x"),
        ["MP4"] = (MusicFiles.Mp4Texts(), "file_type=M4A, format=MP4, title=Song ü, track=5"),
    };

    public async ValueTask InitializeAsync() => await _container.CreateIfNotExistsAsync();

    public ValueTask DisposeAsync() => default;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Given_music_with_tags_when_they_are_read_then_they_have_the_keys_of_the_contract(string kind)
    {
        var tags = await MusicTags.ReadAsync(await StoreAsync(Music[kind].File, "a.mp3"), CancellationToken.None);

        Assert.All(tags.Keys, key => Assert.StartsWith("music:", key, StringComparison.Ordinal));
        Assert.Equal(Music[kind].Tags, Print(tags));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Given_damaged_music_when_its_tags_are_read_then_it_is_reported_as_damaged_and_no_worse(string kind)
    {
        var file = Music[kind].File;
        await Gen.Select(Gen.Int[0, Math.Min(file.Length, 2000) - 1], Gen.Byte, Gen.Int[0, file.Length]).SampleAsync(
            async (at, value, length) =>
            {
                var damaged = file[..length];
                if (at < length)
                    damaged[at] = value;
                try
                {
                    await MusicTags.ReadAsync(await StoreAsync(damaged, "a.mp3"), CancellationToken.None);
                }
                catch (MediaException)
                {
                    // That is what it may say.
                }
            },
            iter: 40, threads: 1);
    }

    [Theory]
    [InlineData(MagickFormat.Jpeg)]
    [InlineData(MagickFormat.Png)]
    [InlineData(MagickFormat.WebP)]
    public async Task Given_a_picture_of_a_camera_when_it_is_read_then_its_tags_have_the_documented_keys(MagickFormat format)
    {
        var picture = Pictures.RedAndBlue(format, 64, 32, Photograph);

        var tags = await ExifTags.ReadAsync(await StoreAsync(picture, "a.jpg"), CancellationToken.None);

        Assert.Equal(
            "altitude=-12.5, artist=Ann, camera_make=ACME, camera_model=Box 1, copy_right=2024 Ann, copyright=2024 Ann, exposure_bias=-0.3333, "
            + "exposure_time=1/250, f=2.8, flash=1, focal_length=35, iso=400, latitude=47.5, lens_model=35 mm, longitude=-8.25, "
            + "taken_at=2024-05-06T07:08:09+02:00",
            Print(tags));
    }

    [Fact]
    public async Task Given_an_item_of_a_heif_picture_when_it_is_read_then_its_tags_are_found()
    {
        var exif = Profile().ToByteArray()!;
        // Magick puts the name of JPEG in front, as the item of a HEIF file may, too.
        byte[] item = [0, 0, 0, 6, .. exif];
        byte[] Box(string name, params byte[] body) => [0, 0, 0, (byte)(8 + body.Length), .. System.Text.Encoding.ASCII.GetBytes(name), .. body];
        var infos = Box("iinf", [0, 0, 0, 0, 0, 1, .. Box("infe", [2, 0, 0, 0, 0, 9, 0, 0, .. "Exif"u8, 0, 0])]);
        byte[] Places(byte start) => Box("iloc", [0, 0, 0, 0, 0x44, 0, 0, 1, 0, 9, 0, 0, 0, 1, 0, 0, 0, start, 0, 0, (byte)(item.Length >> 8), (byte)item.Length]);
        byte[] Meta(byte start) => Box("meta", [0, 0, 0, 0, .. infos, .. Places(start)]);
        byte[] picture = [.. Box("ftyp", [.. "heic"u8]), .. Meta((byte)(12 + Meta(0).Length)), .. item];

        var tags = await ExifTags.ReadAsync(await StoreAsync(picture, "a.heic"), CancellationToken.None);

        Assert.Equal(("ACME", "47.5"), (tags["exif:camera_make"], tags["exif:latitude"]));
    }

    [Fact]
    public async Task Given_damaged_pictures_when_they_are_read_then_nothing_happens()
    {
        var picture = Pictures.RedAndBlue(MagickFormat.Jpeg, 64, 32, Photograph);
        await Gen.Select(Gen.Int[0, picture.Length - 1], Gen.Byte, Gen.Int[1, picture.Length]).SampleAsync(
            async (at, value, length) =>
            {
                var damaged = picture[..length];
                if (at < length)
                    damaged[at] = value;
                await ExifTags.ReadAsync(await StoreAsync(damaged, "a.jpg"), CancellationToken.None);
            },
            iter: 60, threads: 1);
    }

    /// <summary>A photo with a place.</summary>
    internal static byte[] Photo() => Pictures.RedAndBlue(MagickFormat.Jpeg, 64, 32, Photograph);

    private static void Photograph(MagickImage image) => image.SetProfile(Profile());

    private static ExifProfile Profile()
    {
        var profile = new ExifProfile();
        profile.SetValue(ExifTag.Make, "ACME");
        profile.SetValue(ExifTag.Model, "Box 1");
        profile.SetValue(ExifTag.Artist, "Ann");
        profile.SetValue(ExifTag.Copyright, "2024 Ann");
        profile.SetValue(ExifTag.ExposureTime, new Rational(1, 250));
        profile.SetValue(ExifTag.FNumber, new Rational(28, 10));
        profile.SetValue(ExifTag.FocalLength, new Rational(35, 1));
        profile.SetValue(ExifTag.ISOSpeedRatings, [400]);
        profile.SetValue(ExifTag.Flash, (ushort)1);
        profile.SetValue(ExifTag.ExposureBiasValue, new SignedRational(-1, 3));
        profile.SetValue(ExifTag.LensModel, "35 mm");
        profile.SetValue(ExifTag.DateTimeOriginal, "2024:05:06 07:08:09");
        profile.SetValue(ExifTag.OffsetTimeOriginal, "+02:00");
        profile.SetValue(ExifTag.GPSLatitudeRef, "N");
        profile.SetValue(ExifTag.GPSLatitude, [new Rational(47, 1), new Rational(30, 1), new Rational(0, 1)]);
        profile.SetValue(ExifTag.GPSLongitudeRef, "W");
        profile.SetValue(ExifTag.GPSLongitude, [new Rational(8, 1), new Rational(15, 1), new Rational(0, 1)]);
        profile.SetValue(ExifTag.GPSAltitudeRef, (byte)1);
        profile.SetValue(ExifTag.GPSAltitude, new Rational(125, 10));
        return profile;
    }

    private static string Print(IReadOnlyDictionary<string, string> tags) => string.Join(
        ", ", tags.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => string.Create(CultureInfo.InvariantCulture, $"{tag.Key.Split(':')[1]}={tag.Value}")));

    private async Task<MediaSource> StoreAsync(byte[] content, string name)
    {
        var blob = Guid.NewGuid().ToString("N");
        await _container.WriteAsync(blob, BinaryData.FromBytes(content));
        var entity = new EntityRecord { Id = 1, Size = content.Length, PolicyId = 1, Source = blob, CreatedBy = 1, CreatedAt = DateTimeOffset.UnixEpoch };
        return new MediaSource(_container, null, entity, name, TimeProvider.System);
    }
}
