using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>The way of a torrent's files from the disk into the drive, and the space that is kept for them.</summary>
public sealed class TorrentStorageTests(AzuriteServer azurite)
{
    private const string Tracker = "http://127.0.0.1:1/announce";

    private static readonly Torrent s_large = new("t", ("a.bin", [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7 / 1000))]));

    [Fact]
    public async Task Given_a_large_file_when_the_process_is_killed_then_the_next_one_goes_on_with_the_last_segment()
    {
        await using var aria2 = new Aria2Double(s_large);
        await using var site = await CreateAsync(aria2);
        var (task, hub) = await StartAsync(site, s_large);
        var staged = 0;
        // Four segments; the process dies with the fourth.
        await using (var dying = site.Restart(call => IsBlock(call) && ++staged >= 4 ? StorageFault.CrashBefore : StorageFault.None))
            await Assert.ThrowsAsync<SimulatedCrashException>(() => hub.RunAsync(dying.Activities(() => staged >= 4)));
        var again = 0;

        await using (var next = site.Restart(call => Count(call, ref again)))
            await hub.RunAsync(next.Activities());

        Assert.Equal((WorkflowTaskStatus.Completed, 1), ((await site.TaskAsync(task.Id)).Status, again));
        await site.AssertContentAsync(s_large);
        await AssertCleanAsync(site, aria2);
    }

    [Fact]
    public async Task Given_a_large_file_when_the_task_is_cancelled_then_no_further_segment_is_stored_and_nothing_is_left()
    {
        await using var aria2 = new Aria2Double(s_large);
        await using var site = await CreateAsync(aria2);
        var (task, hub) = await StartAsync(site, s_large);
        var (used, staged) = (await site.UsedAsync(), 0);
        await using var process = site.Restart(call =>
        {
            if (IsBlock(call) && ++staged == 2)
                Cancel(site, task);
            return StorageFault.None;
        });

        await hub.RunAsync(process.Activities());

        Assert.Equal((WorkflowTaskStatus.Canceled, 2), ((await site.TaskAsync(task.Id)).Status, staged));
        Assert.Null(await site.ReadAsync("/out/t/a.bin"));
        Assert.Equal(used, await site.UsedAsync());
        await AssertCleanAsync(site, aria2);
    }

    [Fact]
    public async Task Given_a_large_file_that_changes_while_it_is_stored_then_it_is_stored_anew()
    {
        await using var aria2 = new Aria2Double(s_large);
        await using var site = await CreateAsync(aria2);
        var (task, hub) = await StartAsync(site, s_large);
        var (content, staged) = (new byte[100_000], 0);
        await using var process = site.Restart(call =>
        {
            if (IsBlock(call) && ++staged == 2)
                File.WriteAllBytes(Assert.Single(Directory.EnumerateFiles(aria2.Folder, "*", SearchOption.AllDirectories)), content);
            return StorageFault.None;
        });

        await hub.RunAsync(process.Activities());

        Assert.Equal((WorkflowTaskStatus.Completed, null), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        Assert.Equal(content, await site.ReadAsync("/out/t/a.bin"));
        await AssertCleanAsync(site, aria2);
    }

    [Fact]
    public async Task Given_two_torrents_that_do_not_fit_together_when_both_run_then_one_ends_and_the_other_is_stored()
    {
        await using var aria2 = new Aria2Double(s_large) { Suffix = ".part" };
        await using var site = await CreateAsync(aria2);
        var (first, firstHub) = await StartAsync(site, s_large);
        var (second, secondHub) = await StartAsync(site, s_large);
        var used = await site.UsedAsync();
        await site.ChangeGroupAsync(group => group with { MaxStorage = used + 150_000 });

        await site.RunUntilAsync(firstHub, first, now => now.Download?.Files.Count > 0);
        Assert.Equal(used + 100_000, await site.UsedAsync());
        Assert.Equal(used + 100_000, await site.Get<StorageCalibration>().RunAsync(1, TestContext.Current.CancellationToken));
        await secondHub.RunAsync(site.Activities());
        aria2.Rename();
        await firstHub.RunAsync(site.Activities());

        Assert.Equal("Your storage does not have enough space for the files.", (await site.TaskAsync(second.Id)).Error);
        Assert.Equal((WorkflowTaskStatus.Completed, null), ((await site.TaskAsync(first.Id)).Status, (await site.TaskAsync(first.Id)).Error));
        Assert.Equal(used + 100_000, await site.UsedAsync());
        await AssertCleanAsync(site, aria2);
    }

    [Fact]
    public async Task Given_space_for_a_torrent_alone_when_its_files_are_stored_then_they_are_not_counted_twice()
    {
        var torrent = new Torrent("t", ("a.bin", new byte[100_000]), ("b.bin", new byte[10_000]), ("c.bin", new byte[15_000]));
        await using var aria2 = new Aria2Double(torrent);
        await using var site = await CreateAsync(aria2);
        var (task, hub) = await StartAsync(site, torrent);
        var used = await site.UsedAsync();
        await site.ChangeGroupAsync(group => group with { MaxStorage = used + 125_000 });

        await hub.RunAsync(site.Activities());

        Assert.Equal((WorkflowTaskStatus.Completed, null), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        Assert.Equal(used + 125_000, await site.UsedAsync());
        await AssertCleanAsync(site, aria2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_files_that_are_still_being_renamed_when_they_are_stored_then_they_are_looked_for_again(bool isRenamed)
    {
        await using var aria2 = new Aria2Double(s_large) { Suffix = ".!qB" };
        await using var site = await CreateAsync(aria2);
        var (task, hub) = await StartAsync(site, s_large);
        var steps = 0;
        // Begun, and looked for twice.
        await hub.RunAsync(site.Activities(), () => hub.Calls.Count >= 3 || steps++ > 100);
        if (isRenamed)
            aria2.Rename();

        await hub.RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        var reason = "1 of 1 files could not be stored. t/a.bin: It is not in the folder that the downloader and the site share.";
        Assert.Equal(isRenamed ? (WorkflowTaskStatus.Completed, null) : (WorkflowTaskStatus.Error, reason), (ended.Status, ended.Error));
        await AssertCleanAsync(site, aria2);
    }

    private Task<RunningSite> CreateAsync(Aria2Double aria2) =>
        TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2), services => services.AddSingleton(new SegmentSizes(20_000, 30_000)));

    private static async Task<(WorkflowTask Task, ReplayHub Hub)> StartAsync(RunningSite site, Torrent torrent)
    {
        var task = await site.AcceptTorrentAsync(torrent.ToFile(Tracker));
        return (task, await site.StartDownloadAsync(task));
    }

    // A storage call is not asynchronous for those who look at it.
    private static void Cancel(RunningSite site, WorkflowTask task) => site.Get<RemoteDownload>().CancelAsync(1, task.Id).GetAwaiter().GetResult();

    private static async Task AssertCleanAsync(RunningSite site, Aria2Double aria2)
    {
        Assert.Equal(0, aria2.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(aria2.Folder));
        await site.SettleDownloadsAsync();
    }

    private static StorageFault Count(StorageCall call, ref int blocks)
    {
        blocks += IsBlock(call) ? 1 : 0;
        return StorageFault.None;
    }

    private static bool IsBlock(StorageCall call) => call.Uri.Query.Contains("comp=block&", StringComparison.Ordinal);
}
