using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Kills a process with its task hub before and after each storage call of a small import; the next process finishes it.</summary>
public sealed class ImportCrashTests(AzuriteServer azurite)
{
    private static readonly string[] Source = ["src/a", "src/b/c", "src/d/e"];

    // With one activity and one turn at a time the sequence of calls is nearly the same in each run.
    private static readonly EmbeddedTaskHubOptions OneAtATime = new()
    {
        MaxConcurrentActivities = 1,
        MaxConcurrentOrchestrations = 1,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        StopGrace = TimeSpan.Zero,
    };

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_the_next_process_starts_then_the_import_is_finished_exactly(StorageFault fault)
    {
        var call = 1;
        for (; ; call++)
        {
            await using var site = await RunningSite.CreateAsync(azurite);
            await site.Get<FileTree>().CreateAsync(1, FilePath.ParsePlain("/imported"), NewEntry.Folder, failIfExists: true);
            await site.PutAsync(Source);
            var task = await site.AcceptAsync("src");
            var hasEnded = await RunUntilCallAsync(site, task, call, fault);

            await FinishAsync(site.Restart(options: OneAtATime), task);

            Assert.Empty((await site.CheckAsync()).All);
            Assert.Equal(6, await site.UsedAsync());
            var ended = await site.TaskAsync(task.Id);
            Assert.Equal(WorkflowTaskStatus.Completed, ended.Status);
            Assert.Equal(new TaskProgress(3, 3), ended.Progress["imported"]);
            if (hasEnded)
                break;
        }
        Assert.True(call > 40, $"only {call} calls");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Given_storage_that_fails_one_call_in_twenty_when_a_tree_is_imported_then_the_result_is_exact(int seed)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 300).Select(i => $"src/d{i % 30:d2}/f{i}"));
        var task = await site.AcceptAsync("src");
        var calls = 0;

        await FinishAsync(site.Restart(call => Fail(seed, call, Interlocked.Increment(ref calls))), task);

        Assert.Empty((await site.CheckAsync()).Problems);
        Assert.Equal(600, await site.UsedAsync());
        var ended = await site.TaskAsync(task.Id);
        Assert.Equal(WorkflowTaskStatus.Completed, ended.Status);
        Assert.Equal(new TaskProgress(300, 300), ended.Progress["imported"]);
    }

    // The same seed fails the same calls of a run: 5 %, in part without effect, in part with an answer that is lost.
    private static StorageFault Fail(int seed, StorageCall call, int number)
    {
        // Starting the hub is not tried again: a process that cannot start ends.
        if (number < 10)
            return StorageFault.None;
        var draw = (uint)((seed * 7919) + (number * 2_654_435_761L)) % 40;
        return draw switch
        {
            0 => StorageFault.Unavailable,
            1 => StorageFault.AnswerLost,
            _ => StorageFault.None,
        };
    }

    private static async Task FinishAsync(RunningSite process, WorkflowTask task)
    {
        await using (process)
        {
            await process.Hub.StartAsync();
            try
            {
                await process.ScheduleAsync(task, RunningSite.InstanceId(task));
            }
            catch (InvalidOperationException)
            {
                // It ended before the crash.
            }
            await process.EndOfAsync(task);
        }
    }

    /// <summary>Runs an import in a process that dies at a storage call.</summary>
    /// <returns>Whether it came to its end before.</returns>
    private static async Task<bool> RunUntilCallAsync(RunningSite site, WorkflowTask task, int call, StorageFault fault)
    {
        var calls = 0;
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var dying = site.Restart(Decide, OneAtATime);
        StorageFault Decide(StorageCall made)
        {
            var n = Interlocked.Increment(ref calls);
            if (n < call)
                return StorageFault.None;
            dead.TrySetResult();
            // A dead process makes no further call.
            return n == call ? fault : StorageFault.CrashBefore;
        }

        try
        {
            await dying.Hub.StartAsync();
            await dying.ScheduleAsync(task, RunningSite.InstanceId(task));
            await Task.WhenAny(dying.EndOfAsync(task), dying.Hub.Completion, dead.Task);
        }
        catch (SimulatedCrashException)
        {
            // The crash that was asked for.
        }
        return !dead.Task.IsCompleted;
    }
}
