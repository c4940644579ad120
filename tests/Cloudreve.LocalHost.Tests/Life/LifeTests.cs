using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Cloudreve.LocalHost.Tests.Processes;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Life;

public sealed class LifeTests(StorageFixture storage) : IClassFixture<StorageFixture>
{
    [Fact]
    public async Task A_killed_worker_is_replaced_and_its_work_continues()
    {
        await using var host = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("WorkerKilled"));
        var first = await host.ReadWorkerIdAsync();
        await host.Client.PostAsync("/workflows/RunSlowly/slow-1?input=5", null);
        var waiting = host.Client.GetAsync("/wait/killed");
        await storage.AwaitEntryAsync("waiting-killed");
        await storage.AwaitEntryAsync("pause-1");
        Process.GetProcessById(first).Kill();
        var watch = Stopwatch.StartNew();
        Assert.Equal(HttpStatusCode.InternalServerError, (await waiting).StatusCode);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"The request failed after {watch.Elapsed}.");
        Assert.NotEqual(first, await host.ReadWorkerIdAsync());
        await Until.TrueAsync(async () => await host.Client.GetStringAsync("/workflows/slow-1") == "Completed \"done\"", "end");
    }

    [Fact]
    public async Task A_killed_host_leaves_no_worker_and_the_next_one_continues()
    {
        var settings = LocalHostProcess.Hub("HostKilled");
        int worker;
        await using (var host = LocalHostProcess.Start(storage.ConnectionString, settings))
        {
            worker = await host.ReadWorkerIdAsync();
            host.Process.Kill();
            await host.AwaitExitAsync();
        }
        await Until.GoneAsync(worker);
        await using var next = LocalHostProcess.Start(storage.ConnectionString, settings);
        Assert.NotEqual(worker, await next.ReadWorkerIdAsync());
        var queue = await storage.QueueAsync(settings["TEXT_QUEUE"]);
        await queue.SendMessageAsync("after");
        await storage.AwaitEntryAsync("text-after");
    }

    [Fact]
    public async Task An_orderly_end_lets_requests_end_and_leaves_no_worker()
    {
        await using var host = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("Orderly"));
        var worker = await host.ReadWorkerIdAsync();
        var request = host.Client.GetStringAsync("/slow/orderly");
        await storage.AwaitEntryAsync("began-orderly");
        host.Terminate();
        Assert.Equal("slow", await request);
        Assert.Equal(0, await host.AwaitExitAsync());
        await Until.GoneAsync(worker);
    }

    [Fact]
    public async Task A_signal_that_reaches_the_worker_as_well_ends_both_and_starts_no_other()
    {
        await using var host = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("Interrupt"));
        var worker = await host.ReadWorkerIdAsync();

        // Not an interrupt: a shell that runs tests in the background has it ignored.
        host.Signal("TERM", worker);

        Assert.Equal(0, await host.AwaitExitAsync());
        Assert.DoesNotContain(host.Lines, line => line.Contains("Starting another", StringComparison.Ordinal));
        await Until.GoneAsync(worker);
    }

    [Fact]
    public async Task Storage_that_answers_only_later_is_waited_for_with_one_line_in_the_log()
    {
        await using var proxy = await StorageProxy.StartAsync(storage.ConnectionString);
        using var outage = proxy.Fail(NetworkFault.Reset);
        await using var host = LocalHostProcess.Start(proxy.ConnectionString, LocalHostProcess.Hub("Later"));
        await host.AwaitLineAsync("The storage of AzureWebJobsStorage does not answer; waiting for it:");
        // It continues asking.
        await Until.TrueAsync(() => Task.FromResult(outage.Requests >= 2), "second request");
        Assert.Single(host.Lines, line => line.Contains("waiting for it", StringComparison.Ordinal));

        outage.Dispose();

        await host.AwaitLineAsync("The storage of AzureWebJobsStorage answers.");
        await host.ReadWorkerIdAsync();
        Assert.DoesNotContain(host.Lines, line => line.StartsWith("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_waits_for_storage_ends_when_it_is_told_to()
    {
        var emulator = new AzuriteServer();
        emulator.Dispose();
        await using var host = LocalHostProcess.Start(emulator.ConnectionString, LocalHostProcess.Hub("Nowhere"));
        await host.AwaitLineAsync("waiting for it: Connection refused");

        host.Terminate();

        Assert.Equal(0, await host.AwaitExitAsync());
    }

    [Fact]
    public async Task Storage_that_refuses_ends_the_host_with_one_line()
    {
        var key = Convert.ToBase64String(new byte[64]);
        var stranger = Regex.Replace(storage.ConnectionString, "AccountKey=[^;]+", $"AccountKey={key}", RegexOptions.None, TimeSpan.FromSeconds(1));
        await using var host = LocalHostProcess.Start(stranger, LocalHostProcess.Hub("Stranger"));

        Assert.Equal(1, await host.AwaitExitAsync());
        Assert.Contains(host.Lines, line => line.StartsWith("The storage of AzureWebJobsStorage cannot be used:", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Lines, line => line.StartsWith("   at Cloudreve.LocalHost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_function_that_ignores_its_timeout_costs_the_worker()
    {
        var settings = LocalHostProcess.Hub("Timeout");
        settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:04";
        await using var host = LocalHostProcess.Start(storage.ConnectionString, settings);
        var worker = await host.ReadWorkerIdAsync();
        using var answer = await host.Client.GetAsync("/hang");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.NotEqual(worker, await host.ReadWorkerIdAsync());
        await host.AwaitLineAsync("Timeout value of 00:00:04 exceeded by function 'Functions.Hang'");
        await Until.GoneAsync(worker);
    }

    [Fact]
    public async Task A_port_in_use_is_reported_clearly()
    {
        await using var host = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("PortA"));
        await host.ReadWorkerIdAsync();
        await using var second = LocalHostProcess.Start(storage.ConnectionString, LocalHostProcess.Hub("PortB"), host.Client.BaseAddress!.Port);
        Assert.Equal(1, await second.AwaitExitAsync());
        Assert.Contains($"Port {host.Client.BaseAddress.Port} is in use.", second.Output(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_never_starts_ends_the_host()
    {
        var settings = LocalHostProcess.Hub("Broken");
        settings["BREAK_AT_START"] = "true";
        await using var host = LocalHostProcess.Start(storage.ConnectionString, settings);
        Assert.Equal(1, await host.AwaitExitAsync());
        Assert.Contains("broken on purpose", host.Output(), StringComparison.Ordinal);
        Assert.Contains("ended 3 times before it had started", host.Output(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tick_that_was_missed_runs_at_the_start_and_the_schedule_is_stored()
    {
        var settings = LocalHostProcess.Hub("Timer");
        settings["TICK_SCHEDULE"] = "0 0 * * * *";
        var container = storage.Blobs.GetBlobContainerClient("azure-webjobs-hosts");
        await container.CreateIfNotExistsAsync();
        var status = container.GetBlobClient("timers/timer/Host.Functions.Tick/status");
        var past = DateTimeOffset.UtcNow.AddDays(-1);
        await status.UploadAsync(BinaryData.FromObjectAsJson(new { Last = past, Next = past.AddHours(1), LastUpdated = past }));
        await using var host = LocalHostProcess.Start(storage.ConnectionString, settings);
        await Until.TrueAsync(async () => (await storage.ListEntriesAsync("tick-")).Count == 1, "tick");
        Assert.Equal("True", await storage.AwaitEntryAsync((await storage.ListEntriesAsync("tick-"))[0]));
        await Until.TrueAsync(
            async () => !(await status.DownloadContentAsync()).Value.Content.ToString().Contains($"{past:yyyy-MM-ddTHH}", StringComparison.Ordinal), "stored tick");
    }
}
