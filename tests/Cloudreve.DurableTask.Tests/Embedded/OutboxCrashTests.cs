using System.Collections.Concurrent;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Embedded;

/// <summary>
/// What an instance leaves behind when it ends (calls that nobody awaits, sub-orchestrations to be ended with it) survives a crash
/// before and after each storage call.
/// </summary>
public sealed class OutboxCrashTests(AzuriteServer azurite)
{
    private static readonly EmbeddedTaskHubOptions s_options = new()
    {
        MaxConcurrentActivities = 1,
        MaxConcurrentOrchestrations = 1,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_any_storage_call_when_another_hub_takes_over_then_nothing_is_left_undone(StorageFault fault)
    {
        var calls = await RunAsync(int.MaxValue, StorageFault.None);
        Assert.InRange(calls, 10, int.MaxValue);
        // Looking whether it is done are calls, too, and on a slow machine many.
        for (var crashAt = 1; crashAt <= Math.Min(calls, 60); crashAt++)
            await RunAsync(crashAt, fault);
    }

    private async Task<int> RunAsync(int crashAt, StorageFault fault)
    {
        var prefix = AzuriteServer.UniqueName();
        var noted = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var calls = 0;
        using var dead = new CancellationTokenSource();
        StorageFault Decide(StorageCall call)
        {
            var n = Interlocked.Increment(ref calls);
            if (n < crashAt)
                return StorageFault.None;
            // A dead process makes no further call.
            dead.Cancel();
            return n == crashAt ? fault : StorageFault.CrashBefore;
        }

        await using (var first = TestHub.Create(azurite, prefix, Code(noted, dead.Token), faults: Decide, options: s_options))
        {
            try
            {
                await first.Hub.StartAsync(dead.Token);
                var work = DriveAsync(first, noted, dead.Token);
                await Task.WhenAny(work, first.Hub.Completion);
                if (crashAt == int.MaxValue)
                    await work;
            }
            catch (Exception) when (dead.IsCancellationRequested)
            {
                // The crash that was asked for.
            }
        }
        var made = calls;
        await using var second = TestHub.Create(azurite, prefix, Code(noted, CancellationToken.None), options: s_options);
        await second.Hub.StartAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await DriveAsync(second, noted, patience.Token);
        Assert.Equal(["activity", "sub"], noted.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(1, (await second.Client.PurgeInstanceAsync("leaves")).PurgedInstanceCount);
        Assert.Equal(1, (await second.Client.PurgeInstanceAsync("top")).PurgedInstanceCount);
        await second.Hub.StopAsync();
        Assert.Equal(0, await second.CountRowsAsync(prefix));
        return made;
    }

    /// <summary>Starts what is not there yet and brings both instances to their end.</summary>
    private static async Task DriveAsync(TestHub hub, ConcurrentDictionary<string, bool> noted, CancellationToken cancellationToken)
    {
        foreach (var name in new[] { "leaves", "top" })
        {
            if (await hub.Client.GetInstanceAsync(name, cancellation: cancellationToken) is null)
                await hub.Client.ScheduleNewOrchestrationInstanceAsync(name, null, new StartOrchestrationOptions(name), cancellationToken);
        }
        while ((await hub.Client.GetInstanceAsync("top", getInputsAndOutputs: true, cancellationToken))!.SerializedCustomStatus is null)
            await Task.Delay(5, cancellationToken);
        await hub.Client.TerminateInstanceAsync("top", new TerminateInstanceOptions(Recursive: true), cancellationToken);
        await hub.Client.WaitForInstanceCompletionAsync("top", cancellation: cancellationToken);
        await hub.Client.WaitForInstanceCompletionAsync("leaves", cancellation: cancellationToken);
        foreach (var sub in new[] { "top-sub", "leaves-sub" })
        {
            while (noted.Count < 2 || await hub.Client.GetInstanceAsync(sub, cancellation: cancellationToken) is not null)
                await Task.Delay(5, cancellationToken);
        }
        // The last call is out of the outbox a moment after it has run.
        while ((await hub.Hub.FindAsync("leaves", withInputs: false, cancellationToken))!.Outbox.Count > 0)
            await Task.Delay(5, cancellationToken);
    }

    private static DurableTaskRegistry Code(ConcurrentDictionary<string, bool> noted, CancellationToken dead) => RegistryExtensions.NewRegistry()
        .AddActivity("note", () => new Activity<string, string>(async (_, text) =>
        {
            // Long enough for the hub to commit what it does meanwhile; what a dead process would do does not count.
            await Task.Delay(15, CancellationToken.None);
            dead.ThrowIfCancellationRequested();
            noted[text] = true;
            return text;
        }))
        .Orchestrator<string, string>("sub", (c, text) => c.CallActivityAsync<string>("note", text))
        .Orchestrator<string, string>("waits", (c, _) => c.WaitForExternalEvent<string>("never"))
        .Orchestrator<string, string>("leaves", (c, _) =>
        {
            Task call = c.CallActivityAsync("note", "activity");
            Task sub = c.CallSubOrchestratorAsync("sub", "sub", new SubOrchestrationOptions(null, "leaves-sub"));
            return Task.FromResult(call.IsCompleted || sub.IsCompleted ? "early" : "done");
        })
        .Orchestrator<string, string>("top", (c, _) =>
        {
            c.SetCustomStatus("waits");
            return c.CallSubOrchestratorAsync<string>("waits", null, new SubOrchestrationOptions(null, "top-sub"));
        });
}
