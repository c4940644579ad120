using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class BlobArrivalTests(AzuriteServer azurite)
{
    private const string Blob = "imports/1/in/a.txt";

    [Fact]
    public async Task Given_a_new_blob_when_it_is_announced_twice_then_it_is_one_file_and_charged_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Imported, await ArriveAsync(site));
        Assert.Equal(BlobArrivalOutcome.Skipped, await ArriveAsync(site));

        Assert.Equal((40, Blob), Assert.Single(await site.TreeAsync("/in")).Value);
        Assert.Equal(40, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_known_blob_when_it_is_written_again_then_size_time_and_charge_follow()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));
        await ArriveAsync(site);
        await site.PutAsync((Blob, 25));

        Assert.Equal(BlobArrivalOutcome.Updated, await ArriveAsync(site));

        var file = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"));
        Assert.Equal(25, file.Size);
        Assert.Equal((await site.Container.FindAsync(Blob))!.LastModified, file.UpdatedAt);
        Assert.Equal(25, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_known_blob_when_written_again_then_it_is_a_new_entity_and_outlives_the_old_one()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));
        await ArriveAsync(site);
        var before = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"));
        await site.PutAsync((Blob, 25));
        await ArriveAsync(site);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(1));

        await new EntityRecycler(
            site.Layout, site.Get<SiteCatalog>(), site.Get<PolicyContainers>(), site.Get<FullTextRemoval>(), new DueNotes(site.Layout, clock, NullLogger<DueNotes>.Instance), clock).RunAsync();

        var after = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"));
        Assert.NotEqual(before.PrimaryEntityId, after.PrimaryEntityId);
        Assert.Null(await site.Get<EntityStore>().FindAsync(before.PrimaryEntityId));
        var blob = await site.Container.FindAsync(Blob);
        Assert.Equal(blob!.ETag, (await site.Get<EntityStore>().FindAsync(after.PrimaryEntityId))!.SourceETag);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_file_with_a_thumbnail_when_its_blob_is_written_again_then_the_thumbnail_goes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));
        await ArriveAsync(site);
        var path = FilePath.ParsePlain("/in/a.txt");
        var file = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, path);
        var thumbnail = new EntityRecord
        {
            Id = await site.Get<IdAllocator>().NextAsync(IdKind.Entity),
            FileId = file.Id,
            Type = EntityType.Thumbnail,
            Size = 5,
            PolicyId = 1,
            Source = "thumbnails/of-a",
            CreatedBy = ImportSite.AdminId,
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await site.PutAsync((thumbnail.Source, (int)thumbnail.Size));
        await site.Get<EntityStore>().WriteNewAsync([thumbnail]);
        await site.Tree.Updates.UpdateAsync(file, f => f with { OtherEntities = [new EntityLink(thumbnail.Id, EntityType.Thumbnail, 5, thumbnail.CreatedAt)] });
        await site.PutAsync((Blob, 41));

        await ArriveAsync(site);

        var after = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, path);
        Assert.Empty(after.OtherEntities);
        Assert.Empty((await site.CheckAsync()).Problems);
        var history = await site.Get<ActivityLog>().ReadAsync(ImportSite.AdminId, file.Id, new ActivityQuery(10, IsAscending: true, ActivityFilter.All, 0, null));
        Assert.Equal([ActivityCategory.FileImported, ActivityCategory.EntityUploaded], history.Activities.Select(a => a.Category));
    }

    [Fact]
    public async Task Given_a_blob_written_again_and_again_when_deliveries_race_then_the_last_version_is_charged()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 1));

        await Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            for (var size = 2; size < 6; size++)
            {
                await site.PutAsync((Blob, (10 * i) + size));
                await ArriveAsync(site);
            }
        }));

        var blob = await site.Container.FindAsync(Blob);
        Assert.Equal(blob!.Size, (await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"))).Size);
        Assert.Equal(blob.Size, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_a_later_version_comes_then_it_is_charged_exactly(StorageFault fault)
    {
        var site = await ImportSite.CreateAsync(azurite);
        for (var call = 1; ; call++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"imports/1/in/{call}.txt");
            await site.PutAsync((name, 40));
            await ArriveAsync(site, name);
            await site.PutAsync((name, 25));
            var hasEnded = await ArriveUntilCallAsync(site, name, call, fault);
            await site.PutAsync((name, 31));

            await ArriveAsync(site, name);

            Assert.Equal(31, (await site.TreeAsync("/in"))[$"{call}.txt"].Size);
            Assert.Equal(31 * call, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).Problems);
            if (hasEnded)
                break;
        }
    }

    [Fact]
    public async Task Given_a_name_that_another_file_has_when_a_blob_arrives_then_that_file_stays()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"), new NewEntry(FileType.File), failIfExists: true);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Skipped, await ArriveAsync(site));

        Assert.Equal(0, (await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/in/a.txt"))).Size);
        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_ten_deliveries_at_once_when_a_blob_arrives_then_it_is_one_file_and_charged_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ArriveAsync(site)));

        Assert.Single(await site.TreeAsync("/in"));
        Assert.Equal(40, await site.UsedAsync());
    }

    [Theory]
    [InlineData("/in//a.txt")]
    [InlineData("/../a.txt")]
    [InlineData("/in/a|b.txt")]
    [InlineData("/a:b/x.txt")]
    public async Task Given_a_path_that_no_file_may_have_when_a_blob_arrives_then_it_is_refused(string path)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        var result = await site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, Blob, path);

        Assert.Equal(BlobArrivalOutcome.Refused, result.Outcome);
        Assert.Empty(await site.TreeAsync("/"));
        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_file_where_a_folder_must_be_when_a_blob_arrives_then_it_is_refused()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/in"), new NewEntry(FileType.File), failIfExists: true);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Refused, await ArriveAsync(site));

        Assert.Equal(0, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_user_who_does_not_exist_when_a_blob_arrives_then_it_is_refused()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync((Blob, 40));

        Assert.Equal(BlobArrivalOutcome.Refused, (await site.Get<BlobArrival>().ImportAsync(4711, Blob, "/in/a.txt")).Outcome);
    }

    private static async Task<BlobArrivalOutcome> ArriveAsync(ImportSite site, string blob = Blob) =>
        (await site.Get<BlobArrival>().ImportAsync(ImportSite.AdminId, blob, blob["imports/1".Length..])).Outcome;

    private static async Task<bool> ArriveUntilCallAsync(ImportSite site, string blob, int call, StorageFault fault)
    {
        var calls = 0;
        var dying = site.Restart(_ =>
        {
            var n = Interlocked.Increment(ref calls);
            return n == call ? fault : n > call ? StorageFault.CrashBefore : StorageFault.None;
        });
        try
        {
            await ArriveAsync(dying, blob);
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}
