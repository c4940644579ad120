using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Relocations;

/// <summary>Kills the process before and after each storage call, or lets the call fail or its answer be lost, of a small relocation; the next process finishes it.</summary>
public sealed class RelocationCrashTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_storage_call_when_the_next_process_goes_on_then_blobs_move_once(StorageFault fault)
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await site.WriteAsync("/d/a", [1]);
        await site.WriteAsync("/d/b", [2, 3]);
        var (used, task) = (await site.UsedAsync(), await site.AcceptRelocationAsync(RelocationSite.Other, "cloudreve://my/d"));
        var snapshot = await StorageSnapshot.TakeAsync(
            site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName), site.OtherContainer()]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await site.StartRelocationAsync(task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());
            await site.SettleAsync();

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (ended.Status, ended.Error, ended.Failed));
            Assert.Equal(new TaskProgress(2, 2), ended.Progress["relocate"]);
            Assert.Equal((byte[])[1], await site.ReadAsync("/d/a"));
            Assert.Equal((byte[])[2, 3], await site.ReadAsync("/d/b"));
            Assert.Equal(used, await site.UsedAsync());
            Assert.Equal(2, (await site.OtherContainer().ListPageAsync("", null)).Blobs.Count);
            Assert.Empty((await site.Layout.Container(site.Layout.FilesContainerName).ListPageAsync("", null)).Blobs);
            Assert.Empty(await site.Layout.TaskItems.ScanAsync().ToListAsync(TestContext.Current.CancellationToken));
            if (hasEnded)
                break;
        }
        Assert.True(call > 20, $"only {call} calls");
    }

    private static async Task<bool> RunUntilCallAsync(RunningSite site, ReplayHub hub, int call, StorageFault fault)
    {
        var plan = new CrashPlan(call, fault);
        await using var dying = site.Restart(plan.Decide);
        try
        {
            await hub.RunAsync(dying.Activities(() => plan.HasStruck));
            return !plan.WasReached;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}
