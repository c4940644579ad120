using System.Collections.Concurrent;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Embedded;

/// <summary>
/// Kills the hub before and after each storage call of a small run, and lets another hub finish over the same tables.
/// </summary>
public sealed class CrashTests(AzuriteServer azurite)
{
    private const string Expected = "a1 b1 sub:s1 raised:now";

    // With one activity and one turn at a time the sequence of calls is the same in each run.
    private static readonly EmbeddedTaskHubOptions s_options = new()
    {
        MaxConcurrentActivities = 1,
        MaxConcurrentOrchestrations = 1,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_another_hub_takes_over_then_the_result_is_exact(StorageFault fault)
    {
        var calls = await RunAsync(AzuriteServer.UniqueName(), int.MaxValue, StorageFault.None);
        Assert.InRange(calls, 15, 100);
        for (var crashAt = 1; crashAt <= calls; crashAt++)
            await RunAsync(AzuriteServer.UniqueName(), crashAt, fault);
    }

    [Fact]
    public async Task Given_answers_that_get_lost_when_the_run_goes_on_then_the_result_is_exact()
    {
        for (var every = 2; every <= 4; every++)
        {
            var calls = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
            var lossy = every;
            // Counted by address: a request is answered in time when it is sent again.
            StorageFault Decide(StorageCall call) =>
                calls.AddOrUpdate(call.Method + call.Uri.AbsolutePath, 1, (_, n) => n + 1) % lossy == 0 ? StorageFault.AnswerLost : StorageFault.None;
            await using var hub = TestHub.Create(azurite, AzuriteServer.UniqueName(), Code(), faults: Decide, options: s_options);
            await hub.Hub.StartAsync();
            await ScheduleAsync(hub);
            Assert.Equal(Expected, (await hub.EndOfAsync("main")).ReadOutputAs<string>());
            await hub.Client.RaiseEventAsync("receiver", "end");
            Assert.Equal(1, (await hub.EndOfAsync("receiver")).ReadOutputAs<int>());
        }
    }

    /// <summary>Crashes at the given call, if there are that many, and finishes with a second hub.</summary>
    private async Task<int> RunAsync(string prefix, int crashAt, StorageFault fault)
    {
        var calls = 0;
        var dead = new CancellationTokenSource();
        StorageFault Decide(StorageCall call)
        {
            var n = Interlocked.Increment(ref calls);
            if (n < crashAt)
                return StorageFault.None;
            // A dead process makes no further call.
            dead.Cancel();
            return n == crashAt ? fault : StorageFault.CrashBefore;
        }

        await using (var first = TestHub.Create(azurite, prefix, Code(), faults: Decide, options: s_options))
        {
            try
            {
                await first.Hub.StartAsync(dead.Token);
                await ScheduleAsync(first);
                var end = first.EndOfAsync("main");
                await Task.WhenAny(end, first.Hub.Completion);
                if (crashAt == int.MaxValue)
                    Assert.Equal(Expected, (await end).ReadOutputAs<string>());
            }
            catch (Exception) when (dead.IsCancellationRequested)
            {
                // The crash that was asked for.
            }
        }
        var made = calls;

        await using var second = TestHub.Create(azurite, prefix, Code(), options: s_options);
        await second.Hub.StartAsync();
        await ScheduleAsync(second);
        Assert.Equal(Expected, (await second.EndOfAsync("main")).ReadOutputAs<string>());
        // The receiver would hold a second event if one was sent twice.
        await second.Client.RaiseEventAsync("receiver", "end");
        Assert.Equal(1, (await second.EndOfAsync("receiver")).ReadOutputAs<int>());
        await second.Hub.StopAsync();
        Assert.Null(await second.Client.GetInstanceAsync("main-sub"));
        dead.Dispose();
        return made;
    }

    private static async Task ScheduleAsync(TestHub hub)
    {
        foreach (var (name, id) in new[] { ("receiver", "receiver"), ("flow", "main") })
        {
            try
            {
                await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, null, new StartOrchestrationOptions(id));
            }
            catch (InvalidOperationException)
            {
                // It has ended before the crash.
            }
        }
    }

    private static DurableTaskRegistry Code() => RegistryExtensions.NewRegistry()
        .Activity<string, string>("act", text => text + "1")
        .Orchestrator<string, string>("sub", async (c, _) => "sub:" + await c.CallActivityAsync<string>("act", "s"))
        .Orchestrator<string, int>("receiver", async (c, _) =>
        {
            var received = 0;
            var end = c.WaitForExternalEvent<string>("end");
            while (true)
            {
                var next = c.WaitForExternalEvent<string>("hello");
                if (await Task.WhenAny(next, end) == end)
                    return received;
                received++;
            }
        })
        .Orchestrator<string, string>("flow", async (c, _) =>
        {
            var a = c.CallActivityAsync<string>("act", "a");
            var b = c.CallActivityAsync<string>("act", "b");
            await Task.WhenAll(a, b);
            c.SendEvent("receiver", "hello");
            var sub = await c.CallSubOrchestratorAsync<string>("sub", null, new SubOrchestrationOptions(null, "main-sub"));
            c.SendEvent(c.InstanceId, "self", "now");
            await c.CreateTimer(TimeSpan.FromMilliseconds(5), CancellationToken.None);
            return $"{await a} {await b} {sub} raised:{await c.WaitForExternalEvent<string>("self")}";
        });
}
