using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class HashingQueueTests
{
    private readonly ManualResetEventSlim _gate = new();

    [Fact]
    public async Task Given_a_client_with_much_waiting_when_another_comes_then_it_is_its_turn_next()
    {
        var queue = new HashingQueue(threads: 1, capacity: 10, capacityOfClient: 5);
        var order = new List<string>();
        var first = queue.RunAsync("busy", Wait, CancellationToken.None);
        var rest = Enumerable.Range(1, 4).Select(i => queue.RunAsync("busy", () => Note(order, $"busy {i}"), CancellationToken.None)).ToList();
        rest.Add(queue.RunAsync("other", () => Note(order, "other"), CancellationToken.None));

        _gate.Set();
        await Task.WhenAll([first, .. rest]);

        Assert.InRange(order.IndexOf("other"), 0, 1);
    }

    [Fact]
    public async Task Given_a_client_with_a_full_queue_when_it_asks_for_more_then_others_are_still_served()
    {
        var queue = new HashingQueue(threads: 1, capacity: 10, capacityOfClient: 2);
        var begun = queue.RunAsync("other", Wait, CancellationToken.None);
        var waiting = Enumerable.Range(0, 2).Select(_ => queue.RunAsync("busy", () => true, CancellationToken.None)).ToList();

        Assert.Equal(ErrorCode.TooManyRequests, (await Assert.ThrowsAsync<CloudreveException>(() => queue.RunAsync("busy", () => true, CancellationToken.None))).Code);
        waiting.Add(queue.RunAsync("third", () => true, CancellationToken.None));
        _gate.Set();

        Assert.All(await Task.WhenAll([begun, .. waiting]), Assert.True);
    }

    [Fact]
    public async Task Given_as_much_waiting_as_there_may_be_when_anybody_asks_for_more_then_that_is_refused()
    {
        var queue = new HashingQueue(threads: 1, capacity: 2, capacityOfClient: 2);
        var begun = new TaskCompletionSource();
        var running = queue.RunAsync("a", () => { begun.SetResult(); return Wait(); }, CancellationToken.None);
        await begun.Task;
        var waiting = new[] { queue.RunAsync("b", () => true, CancellationToken.None), queue.RunAsync("c", () => true, CancellationToken.None) };

        Assert.Equal(ErrorCode.TooManyRequests, (await Assert.ThrowsAsync<CloudreveException>(() => queue.RunAsync("d", () => true, CancellationToken.None))).Code);
        _gate.Set();

        await Task.WhenAll([running, .. waiting]);
    }

    [Fact]
    public async Task Given_a_queue_filled_by_few_clients_when_another_comes_then_the_busiest_one_makes_place()
    {
        var queue = new HashingQueue(threads: 1, capacity: 8, capacityOfClient: 4);
        var begun = new TaskCompletionSource();
        var running = queue.RunAsync("first", () => { begun.SetResult(); return Wait(); }, CancellationToken.None);
        await begun.Task;
        var greedy = new[] { "a", "b" }.SelectMany(client => Enumerable.Range(0, 4).Select(_ => queue.RunAsync(client, () => true, CancellationToken.None))).ToList();

        var others = Enumerable.Range(0, 2).Select(i => queue.RunAsync($"other{i}", () => true, CancellationToken.None)).ToList();
        _gate.Set();

        Assert.All(await Task.WhenAll([running, .. others]), Assert.True);
        Assert.Equal(2, await CountRefusedAsync(greedy));
        Assert.True(greedy[0].IsCompletedSuccessfully && greedy[4].IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Given_16_clients_that_ask_for_much_at_once_when_one_more_asks_for_little_then_it_is_served()
    {
        var queue = new HashingQueue(threads: 2, capacity: 32, capacityOfClient: 8);
        var greedy = new List<Task<bool>>();
        await Parallel.ForAsync(0, 16, async (client, _) =>
        {
            for (var i = 0; i < 20; i++)
            {
                var asked = queue.RunAsync($"greedy{client}", Wait, CancellationToken.None);
                lock (greedy)
                    greedy.Add(asked);
            }
            await Task.Yield();
        });

        var little = queue.RunAsync("little", () => true, CancellationToken.None);
        _gate.Set();

        Assert.True(await little);
        Assert.InRange(await CountRefusedAsync(greedy), 16 * 20 - 34, 16 * 20 - 31);
    }

    [Fact]
    public async Task Given_work_whose_client_left_when_it_is_its_turn_then_it_is_not_done()
    {
        var queue = new HashingQueue(threads: 1, capacity: 10, capacityOfClient: 5);
        using var stop = new CancellationTokenSource();
        var isDone = false;
        var begun = queue.RunAsync("a", Wait, CancellationToken.None);
        var left = queue.RunAsync("b", () => isDone = true, stop.Token);
        await stop.CancelAsync();

        _gate.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.False(isDone);
        Assert.True(await begun);
    }

    [Fact]
    public async Task Given_work_that_fails_when_more_waits_then_that_is_done()
    {
        var queue = new HashingQueue(threads: 1, capacity: 10, capacityOfClient: 5);

        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.RunAsync<bool>("a", () => throw new InvalidOperationException(), CancellationToken.None));

        Assert.True(await queue.RunAsync("a", () => !Thread.CurrentThread.IsThreadPoolThread, CancellationToken.None));
    }

    private static async Task<int> CountRefusedAsync(IEnumerable<Task<bool>> asked)
    {
        var refused = 0;
        foreach (var one in asked)
        {
            try
            {
                await one;
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests)
            {
                refused++;
            }
        }
        return refused;
    }

    private bool Wait()
    {
        _gate.Wait();
        return true;
    }

    private static bool Note(List<string> order, string name)
    {
        order.Add(name);
        return true;
    }
}
