using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Kills the process before and after each storage call of a small import; the next process finishes it.</summary>
public sealed class ImportCrashTests(AzuriteServer azurite)
{
    private static readonly string[] s_source = ["src/a", "src/b/c", "src/d/e"];

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_continues_then_all_is_imported(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/imported"), NewEntry.Folder, failIfExists: true);
        await site.PutAsync(s_source);
        var task = await site.AcceptAsync("src");
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        var call = 1;
        for (; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await StartAsync(task);
            var hasEnded = await RunUntilCallAsync(site, hub, call, fault);

            await using (var next = site.Restart())
                await hub.RunAsync(next.Activities());

            await AssertExactAsync(site, task, s_source.Length);
            Assert.All(hub.Instances, i => Assert.True(i.HasEnded));
            if (hasEnded)
                break;
        }
        Assert.True(call > 40, $"only {call} calls");
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_instance_is_gone_then_the_task_ends_exactly(StorageFault fault)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/imported"), NewEntry.Folder, failIfExists: true);
        await site.PutAsync(s_source);
        var task = await site.AcceptAsync("src");
        var snapshot = await StorageSnapshot.TakeAsync(site.Layout.AllTables, [site.Layout.Container(site.Layout.FilesContainerName)]);
        for (var call = 1; ; call++)
        {
            await snapshot.RestoreAsync();
            var hub = await StartAsync(task);
            if (await RunUntilCallAsync(site, hub, call, fault))
                break;
            hub.Terminate(ImportStarter.InstanceIdOf(task));

            await EndLostAsync(site, hub);

            var ended = await site.TaskAsync(task.Id);
            Assert.True(ended.IsTerminal);
            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(2 * ended.Progress["imported"].Current, await site.UsedAsync());
            // Parts of it that were still waiting find that it has ended.
            await using var late = site.Restart();
            await hub.RunAsync(late.Activities());
            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(ended.UpdatedAt, (await site.TaskAsync(task.Id)).UpdatedAt);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Given_storage_that_fails_one_call_in_twenty_when_importing_then_the_result_is_exact(int seed)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 300).Select(i => $"src/d{i % 30:d2}/f{i}"));
        var task = await site.AcceptAsync("src");
        var hub = await StartAsync(task);
        var calls = 0;

        await using (var process = site.Restart(_ => Fail(seed, Interlocked.Increment(ref calls))))
            await hub.RunAsync(process.Activities());

        await AssertExactAsync(site, task, 300);
    }

    // The same seed fails the same calls of a run: 5 %, partly without effect, partly with a lost response.
    private static StorageFault Fail(int seed, int number)
    {
        var draw = (uint)((seed * 7919) + (number * 2_654_435_761L)) % 40;
        return draw switch
        {
            0 => StorageFault.Unavailable,
            1 => StorageFault.AnswerLost,
            _ => StorageFault.None,
        };
    }

    private static async Task AssertExactAsync(RunningSite site, WorkflowTask task, int files)
    {
        Assert.Empty((await site.CheckAsync()).All);
        Assert.Equal(2 * files, await site.UsedAsync());
        var ended = await site.TaskAsync(task.Id);
        Assert.Equal(WorkflowTaskStatus.Completed, ended.Status);
        Assert.Equal(new TaskProgress(files, files), ended.Progress["imported"]);
    }

    private static async Task<ReplayHub> StartAsync(WorkflowTask task)
    {
        var hub = new ReplayHub();
        await ImportStarter.StartAsync(new ReplayClient(hub), task);
        return hub;
    }

    /// <summary>The timer's runs, until the task has ended.</summary>
    private static async Task EndLostAsync(RunningSite site, ReplayHub hub)
    {
        await using var process = site.Restart();
        for (var run = 0; run < 2; run++)
        {
            site.Clock.Advance(TimeSpan.FromMinutes(6));
            await process.Get<LostTasks>().RunAsync(new ReplayClient(hub));
        }
    }

    /// <summary>Runs an import in a process that dies at a storage call.</summary>
    /// <returns>True if it came to its end before.</returns>
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
