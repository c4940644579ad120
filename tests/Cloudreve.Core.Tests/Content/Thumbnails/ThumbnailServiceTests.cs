using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using ImageMagick;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Thumbnails;

public sealed class ThumbnailServiceTests(AzuriteServer azurite)
{
    private static readonly byte[] Picture = Pictures.RedAndBlue(MagickFormat.Jpeg);

    [Fact]
    public async Task Given_a_picture_when_its_thumbnail_is_requested_then_the_file_gets_it_once()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.JPG", Picture);
        var layout = site.Installation.Connect();

        var made = await site.Service(layout).GetAsync(ThumbnailSite.Settings, file);

        file = await site.ReadAsync(file);
        var link = Assert.Single(file.OtherEntities);
        Assert.Equal((made.Id, EntityType.Thumbnail, made.Size), (link.Id, link.Type, link.Size));
        Assert.Equal((file.Id, Picture.Length), (made.FileId, (int)file.ChargedSize));
        var content = await layout.Container(layout.FilesContainerName).ReadAsync(made.Source);
        Assert.Equal(MagickFormat.Png, PictureFormats.Recognize(content));
        var before = layout.Account.Transactions.Total;
        Assert.Equal(made, await site.Service(layout).GetAsync(ThumbnailSite.Settings, file));
        Assert.Equal(1, layout.Account.Transactions.Total - before);
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("a.svg")]
    [InlineData("a")]
    [InlineData("a.mp4")]
    public async Task Given_a_file_of_another_kind_when_its_thumbnail_is_requested_then_it_stays_unmarked(string name)
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync(name, Picture);

        await AssertNoneAsync(site, file, ThumbnailSite.Settings);

        Assert.False(FileThumbnails.IsDisabled(await site.ReadAsync(file)));
    }

    [Fact]
    public async Task Given_a_picture_above_the_limit_when_its_thumbnail_is_requested_then_there_is_none()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.jpg", Picture);

        await AssertNoneAsync(site, file, new SiteSettings(new Dictionary<string, string> { ["thumb_builtin_max_size"] = $"{Picture.Length - 1}" }));
    }

    [Fact]
    public async Task Given_a_damaged_picture_when_its_thumbnail_fails_then_the_file_stays_marked()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]);

        await AssertNoneAsync(site, file, ThumbnailSite.Settings);

        file = await site.ReadAsync(file);
        Assert.True(FileThumbnails.IsDisabled(file));
        var layout = site.Installation.Connect();
        var whole = Pictures.RedAndBlue(MagickFormat.Png);
        var entities = new EntityStore(layout);
        var entity = (await entities.FindAsync(file.PrimaryEntityId))!;
        await layout.Container(layout.FilesContainerName).WriteAsync(entity.Source, BinaryData.FromBytes(whole));
        await entities.WriteNewAsync([entity with { Size = whole.Length }]);
        file = await site.Tree(layout).Updates.UpdateAsync(file, f => f with { Metadata = new Dictionary<string, string>() });
        Assert.NotNull(await site.Service(layout).GetAsync(ThumbnailSite.Settings, file));
    }

    [Fact]
    public async Task Given_a_missing_program_when_thumbnails_fail_then_pauses_grow_before_the_file_is_marked()
    {
        var settings = new SiteSettings(
            new Dictionary<string, string> { ["thumb_ffmpeg_enabled"] = "1", ["thumb_ffmpeg_path"] = "no-such-program" },
            new OperatorRules { Programs = new HashSet<string> { "no-such-program" } });
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.mp4", [1, 2, 3]);
        var attempts = 0;
        for (var hours = 0; !FileThumbnails.IsDisabled(await site.ReadAsync(file)); hours++)
        {
            var before = await CountAttemptsAsync(site, file);
            await AssertNoneAsync(site, await site.ReadAsync(file), settings);
            await AssertNoneAsync(site, await site.ReadAsync(file), settings);
            attempts += await CountAttemptsAsync(site, file) - before;
            site.Clock.Advance(TimeSpan.FromHours(1));
            Assert.InRange(hours, 0, 100);
        }

        Assert.Equal(ThumbnailAttempts.Max, attempts);
    }

    [Fact]
    public async Task Given_attempts_that_end_with_their_process_when_repeated_then_the_file_is_marked()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.jpg", Picture);
        for (var i = 0; i < ThumbnailAttempts.Max; i++)
        {
            var (decision, _) = await new ThumbnailAttempts(site.Installation.Connect(), site.Clock).BeginAsync(file.PrimaryEntityId, default);
            Assert.Equal(AttemptDecision.Begun, decision);
            site.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        await AssertNoneAsync(site, file, ThumbnailSite.Settings);

        Assert.True(FileThumbnails.IsDisabled(await site.ReadAsync(file)));
    }

    [Fact]
    public async Task Given_a_thumbnail_that_was_lost_when_it_is_requested_then_another_takes_its_place()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.jpg", Picture);
        var layout = site.Installation.Connect();
        var lost = await site.Service(layout).GetAsync(ThumbnailSite.Settings, file);
        await new EntityStore(layout).DiscardAsync([lost.Id]);

        var made = await site.Service(layout).GetAsync(ThumbnailSite.Settings, await site.ReadAsync(file));

        Assert.Equal(made.Id, Assert.Single((await site.ReadAsync(file)).OtherEntities).Id);
        Assert.NotEqual(lost.Id, made.Id);
    }

    [Fact]
    public async Task Given_content_that_changes_meanwhile_when_the_thumbnail_is_done_then_it_is_thrown_away()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.jpg", Picture);
        var layout = site.Installation.Connect();
        var other = await site.AddEntityAsync(layout, Pictures.RedAndBlue(MagickFormat.Jpeg, 10, 10));
        await site.Tree(layout).Updates.UpdateAsync(file, f => f with { PrimaryEntityId = other.Id });

        await AssertNoneAsync(site, file, ThumbnailSite.Settings);

        Assert.Empty((await site.ReadAsync(file)).OtherEntities);
        site.Clock.Advance(TimeSpan.FromHours(1));
        await site.Recycler(layout).RunAsync();
        Assert.All(await site.ListBlobsAsync(), name => Assert.StartsWith("uploads/", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_an_encrypted_picture_when_its_thumbnail_is_made_then_that_is_encrypted_too()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var encryption = site.Encryption(layout);
        var key = await encryption.CreateAsync();
        var file = await site.AddFileAsync("a.jpg", await ApplyAsync(encryption, key, Picture), key);

        var made = await site.Service(layout).GetAsync(ThumbnailSite.Settings, file);

        var stored = (await layout.Container(layout.FilesContainerName).ReadAsync(made.Source))!;
        Assert.Null(PictureFormats.Recognize(stored));
        Assert.NotEqual(key, made.Encryption);
        Assert.Equal(MagickFormat.Png, PictureFormats.Recognize(await ApplyAsync(encryption, made.Encryption!, stored)));
    }

    [Fact]
    public async Task Given_two_processes_that_are_asked_at_once_when_both_answer_then_there_is_one_thumbnail()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var file = await site.AddFileAsync("a.jpg", Picture);

        var asking = Enumerable.Range(0, 2).Select(_ => site.Service(site.Installation.Connect()).GetAsync(ThumbnailSite.Settings, file)).ToList();
        while (!Task.WhenAll(asking).IsCompleted)
        {
            site.Clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(20);
        }

        var made = await Task.WhenAll(asking);
        Assert.Equal(made[0].Id, made[1].Id);
        Assert.Equal(made[0].Id, Assert.Single((await site.ReadAsync(file)).OtherEntities).Id);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_call_when_the_thumbnail_is_requested_again_then_there_is_exactly_one(StorageFault fault)
    {
        for (var (index, struck) = (0, true); struck; index++)
        {
            var site = await ThumbnailSite.CreateAsync(azurite);
            var file = await site.AddFileAsync("a.jpg", Picture);
            var (dying, crash) = site.Installation.ConnectWithCrash(index, fault);
            crash.IsArmed = true;
            try
            {
                await site.Service(dying).GetAsync(ThumbnailSite.Settings, file);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }
            struck = crash.Struck;

            var layout = site.Installation.Connect();
            site.Clock.Advance(TimeSpan.FromHours(1));
            await site.Recycler(layout).RunAsync();
            var made = await site.Service(layout).GetAsync(ThumbnailSite.Settings, await site.ReadAsync(file));
            site.Clock.Advance(TimeSpan.FromHours(1));
            await site.Recycler(layout).RunAsync();

            Assert.Equal(made.Id, Assert.Single((await site.ReadAsync(file)).OtherEntities).Id);
            Assert.Equal(2, (await site.ListBlobsAsync()).Count);
            Assert.Contains(made.Source, await site.ListBlobsAsync());
            Assert.Equal(2, await Installation.CountRowsAsync(layout.Entities));
        }
    }

    [Fact]
    public async Task Given_an_upload_that_ends_when_a_thumbnail_is_possible_then_one_message_is_sent()
    {
        var site = await ThumbnailSite.CreateAsync(azurite);
        var layout = site.Installation.Connect();
        var picture = await site.AddFileAsync("a.jpg", Picture);
        var text = await site.AddFileAsync("a.txt", [1]);

        await new MediaRequests(layout).SendAsync(ThumbnailSite.Settings, picture);
        await new MediaRequests(layout).SendAsync(ThumbnailSite.Settings, text);

        var messages = await layout.Queue(layout.ThumbnailsQueueName).ReceiveAsync(32, TimeSpan.FromMinutes(1));
        Assert.Equal($"{picture.Id}", Assert.Single(messages).Body);
    }

    [Fact]
    public void Given_a_file_with_a_thumbnail_when_it_is_dropped_then_the_file_can_have_another()
    {
        var thumbnail = new EntityLink(5, EntityType.Thumbnail, 10, DateTimeOffset.UnixEpoch);
        var version = new EntityLink(6, EntityType.Version, 10, DateTimeOffset.UnixEpoch);
        var file = new FileRecord
        {
            Id = 1,
            ParentId = 2,
            OwnerId = 3,
            Type = FileType.File,
            Name = "a",
            CreatedAt = default,
            UpdatedAt = default,
            OtherEntities = [thumbnail, version],
            Metadata = new Dictionary<string, string> { [FileThumbnails.Disabled] = "", ["tag:x"] = "" },
        };

        var changed = FileThumbnails.Drop(file, out var dropped);

        Assert.Equal([5], dropped);
        Assert.Equal([version], changed.OtherEntities);
        Assert.Equal(["tag:x"], changed.Metadata.Keys);
        Assert.Same(changed, FileThumbnails.Drop(changed, out _));
    }

    private static async Task<byte[]> ApplyAsync(BlobEncryption encryption, string key, byte[] content)
    {
        var result = content.ToArray();
        using var cipher = (await encryption.OpenAsync(key)).CreateCipher();
        cipher.Apply(result, 0);
        return result;
    }

    private static async Task AssertNoneAsync(ThumbnailSite site, FileRecord file, SiteSettings settings)
    {
        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.Service(site.Installation.Connect()).GetAsync(settings, file));
        Assert.Equal(ErrorCode.BlobNotFound, refused.Code);
    }

    private static async Task<int> CountAttemptsAsync(ThumbnailSite site, FileRecord file)
    {
        var row = await site.Installation.Connect().Entities.FindAsync(FileKeys.IdBlock(file.PrimaryEntityId), FileKeys.Id(file.PrimaryEntityId));
        return (int)(row!.Number("tha") ?? 0);
    }
}
