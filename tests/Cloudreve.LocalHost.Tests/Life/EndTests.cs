using Cloudreve.LocalHost.Tests.Processes;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Life;

public sealed class EndTests(StorageFixture storage) : IClassFixture<StorageFixture>
{
    private const string Overdue = "What was under way did not end within 10 s";

    [Theory]
    [InlineData(NetworkFault.Silence)]
    [InlineData(NetworkFault.Reset)]
    public async Task A_host_whose_storage_is_gone_ends_and_leaves_no_worker(NetworkFault fault)
    {
        await using var proxy = await StorageProxy.StartAsync(storage.ConnectionString);
        await using var host = LocalHostProcess.Start(proxy.ConnectionString, LocalHostProcess.Hub($"Gone{fault}"));
        var worker = await host.ReadWorkerIdAsync();
        await host.AwaitLineAsync("Host started");
        await host.Client.PostAsync($"/workflows/RunSlowly/gone-{fault}?input=1000", null);
        await storage.AwaitEntryAsync("pause-2");
        using var outage = proxy.Fail(fault);
        await Until.TrueAsync(() => Task.FromResult(outage.Requests >= 3), "requests that meet the outage");

        host.Terminate();

        Assert.Equal(0, await host.AwaitExitAsync());
        Assert.Single(host.Lines, line => line.Contains(Overdue, StringComparison.Ordinal));
        await Until.GoneAsync(worker);
        Assert.DoesNotContain(host.Lines, line => line.Contains("Starting another", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_whose_emulator_has_ended_ends_and_leaves_no_worker()
    {
        using var emulator = new AzuriteServer();
        await using var host = LocalHostProcess.Start(emulator.ConnectionString, LocalHostProcess.Hub("Ended"));
        var worker = await host.ReadWorkerIdAsync();
        await host.AwaitLineAsync("Host started");
        emulator.Dispose();

        host.Terminate();

        Assert.Equal(0, await host.AwaitExitAsync());
        Assert.Single(host.Lines, line => line.Contains(Overdue, StringComparison.Ordinal));
        await Until.GoneAsync(worker);
    }

    [Fact]
    public async Task A_second_signal_ends_the_host_at_once()
    {
        await using var host = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("Twice"));
        var worker = await host.ReadWorkerIdAsync();
        await host.Client.PostAsync("/workflows/HangForever/twice", null);
        await storage.AwaitEntryAsync("hanging-twice");
        host.Terminate();
        await Task.Delay(TimeSpan.FromSeconds(1));

        host.Terminate();

        Assert.Equal(130, await host.AwaitExitAsync());
        await Until.GoneAsync(worker);
    }
}
