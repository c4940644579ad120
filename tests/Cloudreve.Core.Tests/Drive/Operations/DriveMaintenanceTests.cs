using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>Tests that one item that fails never keeps a timer from the others.</summary>
public sealed class DriveMaintenanceTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset s_longAgo = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task RecycleEntities_OneBlobCannotBeDeleted_OthersGoAndItFollowsLater()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var stubborn = "";
        var work = DriveSite.NewWork();
        foreach (var name in (string[])["a", "b", "c"])
        {
            var file = await site.UploadAsync(name, UploadSite.Bytes(10));
            if (name == "a")
                stubborn = (await site.Drive.Get<EntityStore>().FindAsync(file.PrimaryEntityId))!.Source;
            await site.Drive.Operations.DeleteAsync(work, DriveSite.Path(name), keepBlobs: false);
        }
        var refused = 0;
        var blocked = site.Restart(call => IsDeletionOf(stubborn, call) && Interlocked.Increment(ref refused) > 0 ? StorageFault.CrashBefore : StorageFault.None);
        blocked.Drive.Wait(TimeSpan.FromHours(1));

        Assert.Equal(2, await blocked.Drive.Get<EntityRecycler>().RunAsync());
        Assert.Equal(0, await blocked.Drive.Get<EntityRecycler>().RunAsync());

        Assert.Equal(1, refused);
        var healthy = site.Restart();
        healthy.Drive.Wait(TimeSpan.FromHours(2));
        Assert.Equal(1, await healthy.Drive.Get<EntityRecycler>().RunAsync());
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task ExpireTrash_OneMalformedNote_OthersExpire()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.Layout.Schedules.InsertAsync(new Row("trash", DueNotes.Key(s_longAgo, "0")));
        await site.PutAsync("f");
        var work = DriveSite.NewWork();
        await site.Operations.TrashAsync(work, DriveSite.Path("f"), "cloudreve://my/f", TimeSpan.FromDays(1));
        site.Wait(TimeSpan.FromDays(2));

        Assert.Equal(1, await site.Maintenance.ExpireTrashAsync());

        Assert.Empty(await site.ReadAsync());
    }

    [Fact]
    public async Task ContinueDeletions_OneMalformedNote_OthersAreForgottenAndItIsPostponed()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.Layout.Schedules.InsertAsync(new Row("deletions", "0"));
        await site.Layout.Schedules.InsertAsync(new Row("deletions", "7") { ["o"] = DriveSite.Owner });

        await site.Maintenance.ContinueDeletionsAsync();

        var left = Assert.Single(await Installation.ReadPartitionAsync(site.Layout.Schedules, "deletions"));
        Assert.Equal(1, left.Number("tries"));
        await site.Maintenance.ContinueDeletionsAsync();
        Assert.Equal(1, (await site.Layout.Schedules.FindAsync("deletions", "0"))!.Number("tries"));
        site.Wait(TimeSpan.FromMinutes(16));
        await site.Maintenance.ContinueDeletionsAsync();
        Assert.Equal(2, (await site.Layout.Schedules.FindAsync("deletions", "0"))!.Number("tries"));
    }

    [Fact]
    public async Task ReleaseLinks_OneMalformedNote_OthersAreSettled()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.Layout.Schedules.InsertAsync(new Row("releases", DueNotes.Key(s_longAgo, "0")));
        await site.Layout.Schedules.InsertAsync(new Row("releases", DueNotes.Key(s_longAgo, "1")) { ["o"] = 1L, ["f"] = 99L, ["d"] = "63.0.a.0" });

        await site.Drive.Get<LinkReleases>().RunAsync();

        Assert.Equal(1, Assert.Single(await Installation.ReadPartitionAsync(site.Layout.Schedules, "releases")).Number("tries"));
    }

    [Fact]
    public async Task ExpireUploads_OneMalformedRow_OthersAreGivenUp()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.Layout.Uploads.InsertAsync(new Row("0123456789abcdef", "session") { ["x"] = s_longAgo });
        await site.BeginAsync("f", 10);
        site.Drive.Wait(TimeSpan.FromDays(2));

        Assert.Equal(1, await site.Drive.Get<UploadExpiry>().RunAsync());
        Assert.Equal(0, await site.Drive.Get<UploadExpiry>().RunAsync());

        Assert.Null(await site.FindAsync("f"));
        Assert.Equal(1, (await site.Layout.Uploads.FindAsync("0123456789abcdef", "session"))!.Number("tries"));
    }

    private static bool IsDeletionOf(string blob, StorageCall call) =>
        call is { Service: StorageService.Blob, Method: "DELETE" } && Uri.UnescapeDataString(call.Uri.AbsolutePath).EndsWith(blob, StringComparison.Ordinal);
}
