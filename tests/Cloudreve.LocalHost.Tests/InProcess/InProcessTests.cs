using System.Collections.Concurrent;
using System.Net;
using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.InProcess;

public sealed class InProcessTests(StorageFixture storage) : IClassFixture<StorageFixture>
{
    [Fact]
    public async Task Several_workers_of_one_process_serve_at_once()
    {
        var names = Enumerable.Range(0, 4).Select(i => $"worker{i}").ToList();
        var workers = await Task.WhenAll(names.Select(name => InProcessWorker.StartAsync(name)));
        var answers = await Task.WhenAll(workers.Select(worker => worker.Client.GetStringAsync("/greet/you")));
        Assert.Equal(names.Select(name => name + " you"), answers);
        foreach (var worker in workers)
            await worker.DisposeAsync();
    }

    [Fact]
    public async Task Functions_of_queues_and_timers_can_be_run_by_name()
    {
        await using var worker = await InProcessWorker.StartAsync("hello", storage: storage.ConnectionString);
        await worker.Host.InvokeAsync("TakeText", "direct");
        Assert.Equal("TakeText", await storage.AwaitEntryAsync("text-direct"));
        await worker.Host.InvokeTimerAsync("Tick", isPastDue: true);
        Assert.Equal("True", await storage.AwaitEntryAsync(Assert.Single(await storage.ListEntriesAsync("tick-"))));
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => worker.Host.InvokeAsync("TakeText", "fail", new Dictionary<string, string> { ["DequeueCount"] = "1" }));
        Assert.Contains("It fails: fail", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_its_function()
    {
        await using var worker = await InProcessWorker.StartAsync("hello", storage: storage.ConnectionString);
        using var leave = new CancellationTokenSource();
        var request = worker.Client.GetAsync("/wait/left", leave.Token);
        await storage.AwaitEntryAsync("waiting-left");
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await storage.AwaitEntryAsync("cancelled-left", 10);
    }

    [Fact]
    public async Task A_durable_client_is_bound_though_nothing_answers_it()
    {
        var log = new ConcurrentQueue<string>();
        await using var worker = await InProcessWorker.StartAsync("hello", log.Enqueue);
        using var answer = await worker.Client.GetAsync("/workflows/none");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains(log, line => line.Contains("Unavailable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Functions_are_listed_with_their_routes()
    {
        await using var worker = await InProcessWorker.StartAsync("hello");
        var items = Assert.Single(worker.Host.Functions, function => function.Name == "Items");
        Assert.Equal("items/{*path}", items.Route);
        Assert.Equal(["get", "PROPFIND"], items.Methods);
        Assert.Equal("Cloudreve.LocalHost.TestApp.HttpFunctions.Items", items.EntryPoint);
        Assert.Null(Assert.Single(worker.Host.Functions, function => function.Name == "TakeText").Route);
    }
}
