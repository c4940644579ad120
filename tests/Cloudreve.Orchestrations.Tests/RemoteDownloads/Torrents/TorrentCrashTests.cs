using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads.Torrents;

/// <summary>Kills the process before and after each storage call of the download of a torrent; the next process finishes it.</summary>
public sealed class TorrentCrashTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_goes_on_then_the_end_is_exact(StorageFault fault)
    {
        var torrent = new Torrent("t", ("a.bin", new byte[70_000]));
        await using var aria2 = new Aria2Double(torrent);
        await using var site = await TorrentSite.CreateAsync(
            azurite, new NodeSettings { Aria2 = new Aria2Settings { Server = aria2.Address, TempPath = aria2.Folder } });
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
            Assert.Equal(used + 70_000, await site.UsedAsync());
        }
        Assert.True(call > 30, $"only {call} calls");
    }

    [Fact]
    public async Task Given_a_file_that_the_storage_policy_refuses_when_a_torrent_is_stored_then_the_other_is_and_the_task_tells_which()
    {
        var torrent = new Torrent("t", ("a.bin", new byte[70_000]), ("sub/b.bin", [1, 2, 3]));
        await using var aria2 = new Aria2Double(torrent);
        await using var site = await TorrentSite.CreateAsync(
            azurite, new NodeSettings { Aria2 = new Aria2Settings { Server = aria2.Address, TempPath = aria2.Folder } });
        var task = await site.AcceptTorrentAsync(torrent.ToFile("http://127.0.0.1:1/announce"));
        await site.Get<SiteCatalog>().SavePolicyAsync(await site.Get<SiteCatalog>().GetPolicyAsync(1) with { MaxSize = 1_000 });

        var ended = await site.RunAsync(task);

        Assert.Equal((WorkflowTaskStatus.Error, 1), (ended.Status, ended.Failed));
        Assert.StartsWith("1 of 2 files could not be stored. t/a.bin: ", ended.Error, StringComparison.Ordinal);
        Assert.Equal((byte[])[1, 2, 3], await site.ReadAsync("/out/t/sub/b.bin"));
        Assert.Equal(0, aria2.Count);
        await site.SettleDownloadsAsync();
    }

    private static async Task<bool> RunUntilCallAsync(RunningSite site, ReplayHub hub, int call, StorageFault fault)
    {
        var plan = new CrashPlan(call, fault);
        await using var dying = site.Restart(plan.Decide);
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
