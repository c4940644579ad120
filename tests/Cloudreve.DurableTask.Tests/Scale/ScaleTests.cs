using System.Collections.Concurrent;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.DurableTask.Tests.Embedded;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Scale;

/// <summary>Large numbers. They run by themselves, because one of them measures the memory of the process.</summary>
[CollectionDefinition(nameof(ScaleTests), DisableParallelization = true)]
[Collection(nameof(ScaleTests))]
public sealed class ScaleTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_1000_parallel_activities_when_they_run_then_each_runs_once_and_no_more_than_the_limit_at_once()
    {
        var running = 0;
        var most = new ConcurrentBag<int>();
        var registry = RegistryExtensions.NewRegistry();
        registry.AddActivity("work", () => new Activity<int, int>(async (_, n) =>
        {
            most.Add(Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return n;
        }));
        registry.Orchestrator<int, int>("flow", async (c, count) =>
            (await Task.WhenAll(Enumerable.Range(0, count).Select(n => c.CallActivityAsync<int>("work", n)))).Sum());
        await using var hub = await TestHub.StartAsync(azurite, registry);

        var end = await hub.RunAsync("flow", 1000);

        Assert.Equal(999 * 1000 / 2, end.ReadOutputAs<int>());
        Assert.Equal(1000, most.Count);
        Assert.InRange(most.Max(), 1, new EmbeddedTaskHubOptions().MaxConcurrentActivities);
    }

    [Fact]
    public async Task Given_10000_continuations_when_they_run_then_neither_rows_nor_memory_grow_and_no_event_is_lost()
    {
        const int steps = 10_000;
        var longest = 0;
        var memory = new ConcurrentDictionary<int, long>();
        var rows = new ConcurrentDictionary<int, int>();
        var prefix = AzuriteServer.UniqueName();
        TestHub hub = null!;
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<int, string>("flow", async (c, n) =>
            {
                if (n == steps)
                    return await c.WaitForExternalEvent<string>("kept");
                if (n % 1000 == 1)
                    await c.CallActivityAsync("measure", n);
                c.ContinueAsNew(n + 1);
                return "";
            });
        registry.AddActivity("measure", () => new Activity<int, int>(async (_, n) =>
        {
            memory[n] = GC.GetTotalMemory(forceFullCollection: true);
            rows[n] = await hub.CountRowsAsync(prefix);
            return n;
        }));
        var executor = new OrchestratorExecutor(registry);
        var activities = new ActivityExecutor(registry, new NoServices());
        var dispatcher = new TaskHubDispatcher(
            (_, _, request, _) =>
            {
                longest = Math.Max(longest, request.Length);
                return executor.ExecuteAsync(request);
            },
            activities.ExecuteAsync);
        hub = TestHub.Create(azurite, prefix, registry, dispatcher: dispatcher);
        await using var owned = hub;
        await hub.Hub.StartAsync();
        var id = await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", 0);
        await hub.Client.RaiseEventAsync(id, "kept", "still here");

        var end = await hub.EndOfAsync(id);

        Assert.Equal("still here", end.ReadOutputAs<string>());
        Assert.InRange(longest, 1, 2000);
        // The instance, its start, one turn and perhaps the message.
        Assert.All(rows.Values, n => Assert.InRange(n, 2, 4));
        // From the first measurement that is warm. A single byte kept for each step would be 8 KB; the room is for the runtime's own.
        Assert.InRange(memory[9001] - memory[1001], long.MinValue, 1024 * 1024);
    }

    [Fact]
    public async Task Given_10000_waiting_instances_when_time_passes_then_they_cost_no_storage_transaction_and_the_next_start_finds_them()
    {
        const int delayed = 9_900;
        const int awaiting = 100;
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var clock = new FakeTimeProvider(now);
        var registry = RegistryExtensions.NewRegistry()
            .Orchestrator<int, int>("flow", async (c, n) =>
            {
                var timer = c.CreateTimer(TimeSpan.FromDays(2), CancellationToken.None);
                await Task.WhenAny(timer, c.WaitForExternalEvent<string>("end"));
                return n;
            });
        var prefix = AzuriteServer.UniqueName();
        await using (var hub = TestHub.Create(azurite, prefix, registry, clock))
        {
            await hub.Hub.StartAsync();
            await StartManyAsync(hub, "later", delayed, now.AddDays(2));
            await StartManyAsync(hub, "waits", awaiting, null);
            await Parallel.ForAsync(0, awaiting, async (n, _) => await hub.UntilAsync($"waits{n}", m => m.IsRunning));
            await hub.Hub.StopAsync();
        }
        await using var second = TestHub.Create(azurite, prefix, registry, clock);
        await second.Hub.StartAsync();
        var before = second.Account.Transactions.Total;

        for (var hour = 0; hour < 24; hour++)
            clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(before, second.Account.Transactions.Total);
        Assert.InRange(before, 1, 50);
        await second.Client.RaiseEventAsync("waits7", "end");
        Assert.Equal(7, (await second.EndOfAsync("waits7")).ReadOutputAs<int>());
        Assert.InRange(second.Account.Transactions.Total - before, 1, 10);
    }

    private static Task StartManyAsync(TestHub hub, string name, int count, DateTimeOffset? at) =>
        Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, token) =>
            await hub.Client.ScheduleNewOrchestrationInstanceAsync("flow", n, new StartOrchestrationOptions($"{name}{n}", at), token));
}
