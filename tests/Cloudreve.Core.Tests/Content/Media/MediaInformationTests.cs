using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Media.Places;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Content.Thumbnails;
using Cloudreve.Core.Tests.Infrastructure.Outgoing;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Media;

public sealed class MediaInformationTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_music_when_it_is_read_twice_then_its_tags_are_added_once_beside_what_was_there()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var file = await site.AddFileAsync("song.flac", MusicFiles.FlacTexts());
        file = await site.Tree(layout).Updates.UpdateAsync(file, current => current with { Metadata = new Dictionary<string, string> { ["tag:a"] = "", ["music:title"] = "old" } });
        var media = Create(site, layout);
        await media.ExtractAsync(ThumbnailSite.Settings, await site.AddFileAsync("warm.flac", MusicFiles.FlacTexts()));

        using var first = layout.Account.Transactions.Measure();
        var read = await media.ExtractAsync(ThumbnailSite.Settings, file);
        Assert.Equal(3, first.Total);
        using var second = layout.Account.Transactions.Measure();
        await media.ExtractAsync(ThumbnailSite.Settings, read);

        Assert.Equal(2, second.Total);
        var stored = (await site.Tree(layout).ById.FindAsync(file.Id))!;
        Assert.Equal(("", "Lied", "Jazz"), (stored.Metadata["tag:a"], stored.Metadata["music:title"], stored.Metadata["music:genre"]));
    }

    [Fact]
    public async Task Given_a_file_whose_content_changed_when_the_old_content_is_read_then_the_file_stays()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var before = await site.AddFileAsync("song.flac", MusicFiles.FlacTexts());
        var entity = await site.AddEntityAsync(layout, MusicFiles.OpusTexts());
        await site.Tree(layout).Updates.UpdateAsync(before, current => current with { PrimaryEntityId = entity.Id });

        await Create(site, layout).ExtractAsync(ThumbnailSite.Settings, before);

        Assert.Empty((await site.Tree(layout).ById.FindAsync(before.Id))!.Metadata);
    }

    [Theory]
    [InlineData("media_meta", "0")]
    [InlineData("media_meta_music", "0")]
    [InlineData("media_exif_music_size_remote", "10")]
    public async Task Given_a_setting_that_rules_it_out_when_music_is_read_then_storage_is_not_asked(string key, string value)
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var file = await site.AddFileAsync("song.flac", MusicFiles.FlacTexts());
        var settings = new SiteSettings(new Dictionary<string, string> { [key] = value });
        using var measured = layout.Account.Transactions.Measure();

        Assert.Same(file, await Create(site, layout).ExtractAsync(settings, file));

        Assert.Equal(0, measured.Total);
        Assert.False(MediaInformation.IsPossible(settings, file));
    }

    internal static MediaInformation Create(ThumbnailSite site, StorageLayout layout, IReverseGeocoder? places = null) => new(
        site.Tree(layout).Updates, new EntityStore(layout), new SiteCatalog(layout, site.Clock), new PolicyContainers(layout, site.Clock), site.Encryption(layout),
        places ?? new MapboxGeocoder(new MapboxService(), new OutgoingHttp(OutgoingGuards.With(""))), site.Clock,
        NullLogger<MediaInformation>.Instance);
}
