using Cloudreve.AzureStorage.Queues;
using Cloudreve.Functions.Hosting.Local;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class QueuePollerTests(AzuriteServer azurite)
{
    private async Task<(MessageQueue Queue, MessageQueue Poison)> NewQueueAsync()
    {
        var account = azurite.Connect();
        var name = AzuriteServer.UniqueName();
        await account.Queue(name).CreateIfNotExistsAsync();
        return (account.Queue(name), account.Queue(name + QueuePoller.PoisonSuffix));
    }

    private static QueuePoller Poller(MessageQueue queue, MessageQueue poison, MessageHandler handler, TimeSpan pause = default) =>
        new(queue, poison, QueueSettings.Current with { VisibilityTimeout = pause }, handler, TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task Given_a_message_that_always_fails_when_it_was_tried_five_times_then_it_is_in_the_poison_queue()
    {
        var (queue, poison) = await NewQueueAsync();
        await queue.SendAsync("bad");
        var attempts = 0;
        var poller = Poller(queue, poison, (_, _) =>
        {
            attempts++;
            throw new InvalidOperationException("no");
        });

        while (await poller.RunBatchAsync(CancellationToken.None) > 0)
        {
            // Until the queue is empty.
        }

        Assert.Equal(5, attempts);
        Assert.Equal("bad", Assert.Single(await poison.ReceiveAsync(32, TimeSpan.FromMinutes(1))).Body);
    }

    [Fact]
    public async Task Given_a_message_that_fails_once_when_it_is_tried_again_then_it_is_done()
    {
        var (queue, poison) = await NewQueueAsync();
        await queue.SendAsync("flaky");
        var attempts = 0;
        var poller = Poller(queue, poison, (_, _) => ++attempts == 1 ? throw new InvalidOperationException("no") : Task.CompletedTask);

        await poller.RunBatchAsync(CancellationToken.None);
        await poller.RunBatchAsync(CancellationToken.None);

        Assert.Equal(2, attempts);
        Assert.Empty(await queue.ReceiveAsync(32, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Given_a_message_that_failed_when_the_pause_is_not_over_then_it_is_not_tried_again()
    {
        var (queue, poison) = await NewQueueAsync();
        await queue.SendAsync("bad");
        var poller = Poller(queue, poison, (_, _) => throw new InvalidOperationException("no"), TimeSpan.FromMinutes(10));

        Assert.Equal(1, await poller.RunBatchAsync(CancellationToken.None));
        Assert.Equal(0, await poller.RunBatchAsync(CancellationToken.None));
    }

    [Fact]
    public void Given_the_apps_host_json_when_the_local_host_reads_its_queues_then_it_does_as_a_functions_host()
    {
        Assert.Equal(new QueueSettings(8, 4, 5, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2)), QueueSettings.Current);
        Assert.Equal(
            new QueueSettings(16, 8, 5, TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            QueueSettings.Parse(System.Text.Json.JsonDocument.Parse("{}").RootElement));
    }

    [Fact]
    public async Task Given_forty_messages_when_the_poller_runs_then_each_is_handled_once()
    {
        var (queue, poison) = await NewQueueAsync();
        await Parallel.ForAsync(0, 40, async (i, token) => await queue.SendAsync($"{i}", cancellationToken: token));
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var all = new TaskCompletionSource();

        var run = Poller(queue, poison, (message, _) =>
        {
            seen.Enqueue(message.Body);
            if (seen.Count == 40)
                all.SetResult();
            return Task.CompletedTask;
        }).RunAsync(stop.Token);
        await all.Task;
        await stop.CancelAsync();
        await run;

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}").Order(), seen.Order());
    }

    [Fact]
    public async Task Given_a_stopped_host_when_a_function_was_running_then_its_message_is_visible_at_once()
    {
        var (queue, poison) = await NewQueueAsync();
        await queue.SendAsync("slow");
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();

        var run = Poller(queue, poison, (_, token) =>
        {
            started.SetResult();
            return Task.Delay(Timeout.Infinite, token);
        }).RunAsync(stop.Token);
        await started.Task;
        await stop.CancelAsync();
        await run;

        Assert.Equal("slow", Assert.Single(await queue.ReceiveAsync(1, TimeSpan.FromMinutes(1))).Body);
    }
}
