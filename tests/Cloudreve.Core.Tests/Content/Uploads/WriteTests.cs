using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>Content that is written in one request: nobody sees anything of it before its commit.</summary>
public sealed class WriteTests(AzuriteServer azurite)
{
    private const string File = "/d/file";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_content_when_it_is_written_then_it_costs_the_path_and_9(bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync("/d/warm", UploadSite.Bytes(10));
        // A folder's first write in two minutes is noted, which one of both may meet.
        var counts = new List<int>();
        for (var i = 0; i < 2; i++)
        {
            if (overwrites)
                await site.WriteAsync($"/d/file{i}", UploadSite.Bytes(20));
            counts.Add(await CountAsync(site, () => site.WriteAsync($"/d/file{i}", UploadSite.Bytes(30))));
        }

        // The path has depth 2, so 3 is its price.
        Assert.Equal(3 + 9, counts.Min());
    }

    [Fact]
    public async Task Given_content_on_its_way_when_others_look_then_there_is_no_file_no_folder_and_no_lock()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, File, content, 30);
        await content.Waiting;

        Assert.Empty(await site.Drive.ReadAsync());
        Assert.Empty((await site.Drive.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);

        content.Open();
        Assert.Equal(30, (await writing).Size);
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_content_on_its_way_when_an_upload_begins_at_its_path_then_the_write_finds_the_lock()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync(File, UploadSite.Bytes(10));
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, File, content, 30);
        await content.Waiting;
        await site.BeginAsync(File, 250, overwrites: true);

        content.Open();

        await Assert.ThrowsAsync<LockConflictException>(() => writing);
        Assert.Equal(10, (await site.FindAsync(File))!.Size);
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_content_on_its_way_when_a_rival_makes_the_file_then_it_gets_both_as_versions()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync("/d/other", UploadSite.Bytes(1));
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, File, content, 30);
        await content.Waiting;
        var rival = await site.WriteAsync(File, UploadSite.Bytes(20));

        content.Open();

        var file = await writing;
        Assert.Equal((rival.Id, 30, 20), (file.Id, file.Size, Assert.Single(file.OtherEntities).Size));
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_new_version_on_its_way_when_its_folder_is_deleted_then_it_is_refused()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync(File, UploadSite.Bytes(10));
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, File, content, 30);
        await content.Waiting;
        await site.Drive.Operations.DeleteAsync(DriveSite.NewWork(), DriveSite.Path("/d"), keepBlobs: false);

        content.Open();

        Assert.Equal(ErrorCode.PathNotFound, (await Assert.ThrowsAsync<CloudreveException>(() => writing)).Code);
        await site.RecoverAsync();
        await site.AssertExactAsync();
        Assert.Equal(0, await site.Drive.UsedAsync());
    }

    [Fact]
    public async Task Given_many_who_write_a_new_file_at_once_when_all_have_ended_then_nothing_is_lost()
    {
        var site = await UploadSite.CreateAsync(azurite);
        site.UserSettings = site.UserSettings with { VersionRetentionMax = 0 };
        await site.WriteAsync("/d/other", UploadSite.Bytes(1));

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => site.Restart().WriteAsync(File, UploadSite.Bytes(10 + i))));

        var file = (await site.FindAsync(File))!;
        Assert.Equal([10, 11, 12, 13, 14, 15], file.OtherEntities.Select(l => l.Size).Append(file.Size).Order());
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_writer_that_dies_while_content_comes_when_minutes_pass_then_its_bytes_are_free()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var isDead = false;
        var dying = site.Restart(_ => isDead ? StorageFault.CrashBefore : StorageFault.None);
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(dying, File, content, 30);
        await content.Waiting;
        while (await site.Drive.UsedAsync() == 0)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        isDead = true;
        content.Open();
        await Assert.ThrowsAsync<SimulatedCrashException>(() => writing);

        // The path is free at once.
        await site.WriteAsync(File, UploadSite.Bytes(10));
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromMinutes(6));
        await later.Drive.Get<WriteSettlement>().RunAsync();

        Assert.Equal(10, await site.Drive.UsedAsync());
        Assert.Empty(await site.Drive.Get<SiteIntegrity>().CheckAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_writer_that_dies_while_undoing_when_minutes_pass_then_its_bytes_are_free(StorageFault fault)
    {
        var tries = await CrashMatrix.RunAsync(() => UploadSite.CreateAsync(azurite), async (site, index) =>
        {
            var crash = new CrashPoint(index, fault);
            var dying = site.Restart(crash.Decide);
            using var stop = new CancellationTokenSource();
            var content = new GatedStream(UploadSite.Bytes(30));
            var writing = dying.Drive.Get<FileContentWriter>().WriteAsync(dying.Caller, new ContentRequest(DriveSite.Path(File), 30), content, stop.Token);
            await content.Waiting;
            while (await site.Drive.UsedAsync() == 0)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            crash.IsArmed = true;
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => writing);

            var later = site.Restart();
            later.Drive.Wait(TimeSpan.FromMinutes(6));
            await later.Drive.Get<WriteSettlement>().RunAsync();

            Assert.Equal(0, await site.Drive.UsedAsync());
            Assert.Empty(await site.Drive.Get<SiteIntegrity>().CheckAsync());
            return crash.Struck;
        });

        Assert.InRange(tries, 4, 16);
    }

    [Fact]
    public async Task Given_a_writer_taken_for_dead_when_its_content_comes_after_all_then_it_cannot_commit()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, "/file", content, 30);
        await content.Waiting;
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromMinutes(6));
        await later.Drive.Get<WriteSettlement>().RunAsync();

        content.Open();

        Assert.Equal(ErrorCode.UploadSessionExpired, (await Assert.ThrowsAsync<CloudreveException>(() => writing)).Code);
        Assert.Null(await site.FindAsync("/file"));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_write_that_is_younger_than_its_lifetime_when_writes_are_settled_then_it_continues()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = WriteAsync(site, "/file", content, 30);
        await content.Waiting;
        await site.Restart().Drive.Get<WriteSettlement>().RunAsync();

        content.Open();

        Assert.Equal(30, (await writing).Size);
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_client_that_leaves_while_its_content_comes_when_gone_then_the_write_is_undone()
    {
        var site = await UploadSite.CreateAsync(azurite);
        using var stop = new CancellationTokenSource();
        var content = new GatedStream(UploadSite.Bytes(30));
        var writing = site.Drive.Get<FileContentWriter>().WriteAsync(site.Caller, new ContentRequest(DriveSite.Path(File), 30), content, stop.Token);
        await content.Waiting;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_more_than_the_quota_when_content_never_comes_then_the_write_is_refused_at_once()
    {
        var site = await UploadSite.CreateAsync(azurite);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => WriteAsync(site, File, new GatedStream([]), 1_000_001));

        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        await site.AssertExactAsync();
    }

    private static Task<FileRecord> WriteAsync(UploadSite site, string path, Stream content, long length) =>
        site.Drive.Get<FileContentWriter>().WriteAsync(site.Caller, new ContentRequest(DriveSite.Path(path), length), content);

    private static async Task<int> CountAsync(UploadSite site, Func<Task> act)
    {
        using StorageTransactionCounter.Measurement calls = site.Drive.Layout.Account.Transactions.Measure();
        await site.SettingsAsync();
        await site.Drive.Get<SiteCatalog>().GetPolicyAsync(StoragePolicy.DefaultId);
        var before = calls.Total;
        await act();
        return calls.Total - before;
    }
}
