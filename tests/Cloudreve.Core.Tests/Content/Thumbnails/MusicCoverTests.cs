using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media.Formats;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Thumbnails.Covers;
using Cloudreve.Testing.Azurite;
using CsCheck;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

public sealed class MusicCoverTests(AzuriteServer azurite) : IAsyncLifetime
{
    private static readonly ThumbnailFormat Format = new(400, 300, MagickFormat.Png, 95);

    // Noise, so that the picture has all byte values and some length.
    private static readonly byte[] Cover = Pictures.RedAndBlue(MagickFormat.Png, 300, 300, image => image.AddNoise(NoiseType.Random));

    private readonly BlobContainer _container = azurite.Connect().Container(AzuriteServer.UniqueName());

    public async ValueTask InitializeAsync() => await _container.CreateIfNotExistsAsync();

    public ValueTask DisposeAsync() => default;

    public static TheoryData<string> Kinds => [.. Files.Keys];

    private static Dictionary<string, byte[]> Files { get; } = new()
    {
        ["ID3v2.2"] = MusicFiles.Id3V22(Cover),
        ["ID3v2.3"] = MusicFiles.Id3V23(Cover),
        ["ID3v2.3, second picture"] = MusicFiles.Id3V23(Cover, other: [1, 2, 3]),
        ["ID3v2.3, unsynchronised"] = MusicFiles.Id3V23Unsynchronised(Cover),
        ["ID3v2.4"] = MusicFiles.Id3V24(Cover),
        ["FLAC"] = MusicFiles.Flac(Cover),
        ["MP4"] = MusicFiles.Mp4(Cover),
        ["Opus"] = MusicFiles.Opus(Cover),
        ["Vorbis"] = MusicFiles.Vorbis(Cover),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Given_music_with_a_cover_when_it_is_extracted_then_it_is_the_picture_byte_by_byte(string kind)
    {
        var picture = await MusicCover.ExtractAsync(await StoreAsync(Files[kind]), Format, CancellationToken.None);

        Assert.Equal(Cover, picture.ToArray());
    }

    [Fact]
    public async Task Given_music_without_a_cover_when_it_is_requested_then_there_is_none_for_good()
    {
        var source = await StoreAsync(MusicFiles.Flac([]));

        Assert.True((await Assert.ThrowsAsync<MediaException>(() => MusicCover.ExtractAsync(source, Format, CancellationToken.None))).IsFinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Given_damaged_music_when_its_cover_is_extracted_then_it_merely_has_none(string kind)
    {
        var damage = Gen.Select(Gen.Int[0, 2_000], Gen.Byte, Gen.Int[1, 2_000]).Array[1, 4];
        await damage.SampleAsync(
            async changes =>
            {
                var file = Files[kind].ToArray();
                foreach (var (at, value, _) in changes)
                    file[at % Math.Min(file.Length, 600)] = value;
                var source = await StoreAsync(file[..Math.Max(1, file.Length - changes[0].Item3)]);
                try
                {
                    await MusicCover.ExtractAsync(source, Format, CancellationToken.None);
                }
                catch (MediaException)
                {
                    // What the damage allows.
                }
            },
            iter: 40);
    }

    public static TheoryData<string> Hostile => [.. HostileFiles.Keys];

    // A few hundred kilobytes that would be read piece by piece.
    private static Dictionary<string, byte[]> HostileFiles { get; } = new()
    {
        ["ID3v2.4 of empty frames"] = MusicFiles.Id3V24Empty(60_000),
        ["FLAC of empty blocks"] = [.. "fLaC"u8, .. Enumerable.Repeat<byte[]>([1, 0, 0, 0], 120_000).SelectMany(b => b), 0x86, 0, 0, 0],
        ["Ogg of empty pages"] = [.. Enumerable.Repeat<byte[]>([.. "OggS"u8, .. new byte[22], 0], 40_000).SelectMany(b => b)],
        ["Opus of empty comments"] = MusicFiles.OpusEmpty(60_000),
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Given_music_whose_tags_never_end_when_its_cover_is_extracted_then_it_is_refused_for_good(string kind)
    {
        var source = await StoreAsync(HostileFiles[kind]);

        var refused = await Assert.ThrowsAsync<MediaException>(() => MusicCover.ExtractAsync(source, Format, CancellationToken.None));

        Assert.True(refused.IsFinal);
        Assert.Equal(ContentWindow.Damaged().Message, refused.Message);
    }

    [Fact]
    public async Task Given_music_of_many_large_pictures_when_its_cover_is_extracted_then_not_all_are_fetched()
    {
        var source = await StoreAsync(MusicFiles.FlacOfPictures(blocks: 5, length: 16_000_000));

        var refused = await Assert.ThrowsAsync<MediaException>(() => MusicCover.ExtractAsync(source, Format, CancellationToken.None));

        Assert.Equal(ContentWindow.Damaged().Message, refused.Message);
    }

    private async Task<MediaSource> StoreAsync(byte[] content)
    {
        var name = Guid.NewGuid().ToString("N");
        await _container.WriteAsync(name, BinaryData.FromBytes(content));
        var entity = new EntityRecord { Id = 1, Size = content.Length, PolicyId = 1, Source = name, CreatedBy = 1, CreatedAt = DateTimeOffset.UnixEpoch };
        return new MediaSource(_container, null, entity, "music.mp3", TimeProvider.System);
    }
}
