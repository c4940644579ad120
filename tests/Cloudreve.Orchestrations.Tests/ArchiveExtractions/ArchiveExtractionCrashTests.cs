using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Archives.Extraction;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.ArchiveExtractions;

/// <summary>Kills the process before and after each storage call of a small extraction; the next process finishes it.</summary>
public sealed class ArchiveExtractionCrashTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_continues_then_each_entry_is_there_once(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        // A crash in the middle of making a folder may leave its header, which nobody can reach.
        await site.Get<FileTree>().CreateAsync(1, FilePath.ParsePlain("/out/d"), NewEntry.Folder, failIfExists: true);
        await site.WriteAsync("/a.zip", ZipFile.Of(("a", [1]), ("d/b", [2, 3])));
        var used = await site.UsedAsync();
        var task = await site.Get<ArchiveExtraction>().AcceptAsync(await site.AdminAsync(), "cloudreve://my/a.zip", "cloudreve://my/out", "", []);
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = new ReplayHub();
            await site.Get<ArchiveExtractionWorkflow>().StartAsync(new ReplayClient(hub), task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
            {
                await hub.RunAsync(next.Activities());
                // The content that the dead process was writing is removed by a timer.
                for (var run = 0; run < 3; run++)
                {
                    site.Clock.Advance(TimeSpan.FromMinutes(12));
                    await next.Get<WriteSettlement>().RunAsync();
                }
            }

            var ended = await site.TaskAsync(task.Id);
            Assert.Equal((WorkflowTaskStatus.Completed, null, 0L), (ended.Status, ended.Error, ended.Failed));
            Assert.Equal(new TaskProgress(2, 2), ended.Progress["extract_count"]);
            Assert.Equal((byte[])[1], await site.ReadAsync("/out/a"));
            Assert.Equal((byte[])[2, 3], await site.ReadAsync("/out/d/b"));
            Assert.Equal(used + 3, await site.UsedAsync());
            Assert.Empty((await site.CheckAsync()).All);
            if (hasEnded)
                break;
        }
        Assert.True(call > 30, $"only {call} calls");
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
