using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>
/// Kills the process before and after each storage call of the download of a torrent that changes something; the next process finishes it. A crash at
/// a call that reads leaves what a crash at the next or the last change leaves, since nothing else is changed in between.
/// </summary>
public sealed class TorrentCrashTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_goes_on_then_the_end_is_exact(StorageFault fault)
    {
        var torrent = new Torrent("t", ("a.bin", [.. Enumerable.Range(0, 70_000).Select(i => (byte)(i * 7 / 1000))]), ("b.bin", new byte[1_000]));
        await using var aria2 = new Aria2Double(torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2), services => services.AddSingleton(new SegmentSizes(20_000, 40_000)));
        // What is left of a folder whose making was cut off is the scrub's.
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/out/t"), NewEntry.Folder, failIfExists: true);
        var task = await site.AcceptTorrentAsync(torrent.ToFile("http://127.0.0.1:1/announce"));
        var used = await site.UsedAsync();
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        var call = 1;
        for (var hasEnded = false; !hasEnded; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await site.StartDownloadAsync(task);
            hasEnded = await RunUntilCallAsync(site, hub, call, fault);
            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null), (ended.Status, ended.Error));
            await site.AssertContentAsync(torrent);
            Assert.Equal(0, aria2.Count);
            Assert.Empty(Directory.EnumerateFileSystemEntries(aria2.Folder));
            // Writes that were cut off are undone later.
            await site.SettleDownloadsAsync();
            Assert.Equal(used + 71_000, await site.UsedAsync());
        }
        Assert.True(call > 25, $"only {call} calls");
    }

    [Fact]
    public async Task Given_a_file_that_the_storage_policy_refuses_when_a_torrent_is_stored_then_the_other_is_and_the_task_tells_which()
    {
        var torrent = new Torrent("t", ("a.bin", new byte[70_000]), ("sub/b.bin", [1, 2, 3]));
        await using var aria2 = new Aria2Double(torrent);
        await using var site = await TorrentSite.CreateAsync(azurite, TorrentSite.SettingsOf(aria2));
        var task = await site.AcceptTorrentAsync(torrent.ToFile("http://127.0.0.1:1/announce"));
        await site.Get<SiteCatalog>().SavePolicyAsync(await site.Get<SiteCatalog>().GetPolicyAsync(1) with { MaxSize = 1_000 });

        var ended = await site.RunAsync(task);

        Assert.Equal((WorkflowTaskStatus.Error, 1), (ended.Status, ended.Failed));
        Assert.StartsWith("1 of 2 files could not be stored. t/a.bin: ", ended.Error, StringComparison.Ordinal);
        Assert.Equal((byte[])[1, 2, 3], await site.ReadAsync("/out/t/sub/b.bin"));
        Assert.Equal(0, aria2.Count);
        await site.SettleDownloadsAsync();
    }

    private static bool IsChange(StorageCall call) => call.Method is not ("GET" or "HEAD");

    private static async Task<bool> RunUntilCallAsync(RunningSite site, ReplayHub hub, int call, StorageFault fault)
    {
        var plan = new CrashPlan(call, fault);
        await using var dying = site.Restart(made => plan.HasStruck || IsChange(made) ? plan.Decide(made) : StorageFault.None);
        try
        {
            await hub.RunAsync(dying.Activities(() => plan.HasStruck));
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}
