using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;

namespace Cloudreve.DurableTask.Tests.Embedded;

/// <summary>A hub over the emulator with the code of a test.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private TestHub(EmbeddedTaskHub hub, DurableTaskRegistry registry, StorageAccount account)
    {
        Hub = hub;
        Account = account;
        Client = new EmbeddedDurableTaskClient(hub, registry);
    }

    public EmbeddedTaskHub Hub { get; }

    public StorageAccount Account { get; }

    public EmbeddedDurableTaskClient Client { get; }

    public static TestHub Create(
        AzuriteServer azurite,
        string prefix,
        DurableTaskRegistry registry,
        TimeProvider? clock = null,
        Func<StorageCall, StorageFault>? faults = null,
        EmbeddedTaskHubOptions? options = null,
        TaskHubDispatcher? dispatcher = null)
    {
        var account = azurite.Connect(faults);
        dispatcher ??= TaskHubDispatcher.InProcess(new OrchestratorExecutor(registry), new ActivityExecutor(registry, new NoServices()));
        options ??= new EmbeddedTaskHubOptions { RetryDelay = TimeSpan.FromMilliseconds(20) };
        return new TestHub(new EmbeddedTaskHub(account, prefix, dispatcher, options, clock), registry, account);
    }

    public static async Task<TestHub> StartAsync(
        AzuriteServer azurite, DurableTaskRegistry registry, TimeProvider? clock = null, EmbeddedTaskHubOptions? options = null, TaskHubDispatcher? dispatcher = null)
    {
        var hub = Create(azurite, AzuriteServer.UniqueName(), registry, clock, null, options, dispatcher);
        await hub.Hub.StartAsync();
        return hub;
    }

    public async Task<OrchestrationMetadata> RunAsync(string name, object? input = null, string? instanceId = null)
    {
        var id = await Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(instanceId));
        return await EndOfAsync(id);
    }

    public Task<OrchestrationMetadata> EndOfAsync(string instanceId) =>
        Client.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: true).WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Moves a clock on until an instance has ended: when the hub sets its timer is not known to the test.</summary>
    public async Task<OrchestrationMetadata> AdvanceToEndOfAsync(string instanceId, FakeTimeProvider clock, TimeSpan step)
    {
        var end = EndOfAsync(instanceId);
        while (!end.IsCompleted)
        {
            clock.Advance(step);
            await Task.WhenAny(end, Task.Delay(20));
        }
        return await end;
    }

    /// <summary>Waits until a condition on an instance holds.</summary>
    public async Task<OrchestrationMetadata> UntilAsync(string instanceId, Func<OrchestrationMetadata, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (await Client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, patience.Token) is { } found && condition(found))
                return found;
            await Task.Delay(10, patience.Token);
        }
    }

    /// <summary>Waits until nothing is left of an instance; one that never was counts.</summary>
    public async Task UntilGoneAsync(string instanceId)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Client.GetInstanceAsync(instanceId, cancellation: patience.Token) is not null)
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Number of all rows of a hub.</summary>
    public async Task<int> CountRowsAsync(string prefix)
    {
        var count = 0;
        await foreach (var unused in Account.Table(prefix + "hubinstances").ScanAsync())
            count++;
        return count;
    }

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();
}
