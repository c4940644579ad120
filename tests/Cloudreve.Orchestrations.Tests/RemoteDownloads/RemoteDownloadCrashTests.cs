using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads;

/// <summary>Kills the process before and after each storage call of a download in two parts; the next process finishes it.</summary>
public sealed class RemoteDownloadCrashTests(AzuriteServer azurite)
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 1000))];

    [Theory]
    [InlineData(StorageFault.CrashBefore, false)]
    [InlineData(StorageFault.CrashAfter, false)]
    [InlineData(StorageFault.CrashAfter, true)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_goes_on_then_the_end_is_exact(StorageFault fault, bool isCancelled)
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        var used = await site.UsedAsync();
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            server.Cuts.Clear();
            server.Cuts.Enqueue(200_000);
            if (isCancelled)
                server.During = () => CancelAsync(site, server, task);
            var hub = await site.StartDownloadAsync(task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);
            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((isCancelled ? WorkflowTaskStatus.Canceled : WorkflowTaskStatus.Completed, null), (ended.Status, ended.Error));
            Assert.Equal(isCancelled ? null : s_content, await site.ReadAsync("/out/a"));
            Assert.Equal(isCancelled ? used : used + s_content.Length, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).All);
            Assert.Empty(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
            if (hasEnded)
                break;
        }
        Assert.True(call > (isCancelled ? 10 : 20), $"only {call} calls");
    }

    private static async Task CancelAsync(RunningSite site, RangeServer server, WorkflowTask task)
    {
        server.During = null;
        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
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
