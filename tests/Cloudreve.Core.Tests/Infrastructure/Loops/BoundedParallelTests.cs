using Cloudreve.Core.Infrastructure.Loops;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Loops;

public sealed class BoundedParallelTests
{
    private static readonly CancellationToken s_token = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Given_more_items_than_the_degree_when_the_loop_runs_then_the_others_wait()
    {
        var begun = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var under = 0;
        var most = 0;
        var loop = BoundedParallel.ForEachAsync(
            Enumerable.Range(0, 20),
            3,
            async (_, token) =>
            {
                Raise(ref most, Interlocked.Increment(ref under));
                begun.Release();
                await gate.Task.WaitAsync(token);
                Interlocked.Decrement(ref under);
            },
            s_token);
        for (var i = 0; i < 3; i++)
            await begun.WaitAsync(s_token);

        gate.SetResult();
        await loop;

        Assert.Equal(3, most);
    }

    [Fact]
    public async Task Given_a_first_item_that_ends_last_when_items_are_mapped_then_the_results_keep_their_order()
    {
        var last = new TaskCompletionSource();

        var results = await BoundedParallel.SelectAsync(
            [1, 2, 3],
            3,
            async (item, token) =>
            {
                if (item == 3)
                    last.SetResult();
                await last.Task.WaitAsync(token);
                return item * 10;
            },
            s_token);

        Assert.Equal([10, 20, 30], results);
    }

    [Fact]
    public async Task Given_an_item_that_fails_when_the_loop_runs_then_the_others_are_cancelled_and_the_failure_is_thrown()
    {
        var other = new TaskCompletionSource();
        var wasCancelled = false;

        await Assert.ThrowsAsync<InvalidOperationException>(() => BoundedParallel.ForEachAsync(
            ["waits", "fails"],
            2,
            async (item, token) =>
            {
                if (item == "fails")
                {
                    await other.Task;
                    throw new InvalidOperationException();
                }
                other.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                catch (OperationCanceledException)
                {
                    wasCancelled = true;
                }
            },
            s_token));

        Assert.True(wasCancelled);
    }

    private static void Raise(ref int most, int value)
    {
        for (var seen = most; seen < value; seen = most)
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
