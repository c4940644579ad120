using Cloudreve.Core.Infrastructure.Reads;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class HeavyReadsTests
{
    [Fact]
    public async Task RunAsync_ManyReads_NoMoreRunAtOnceThanMay()
    {
        var reads = new HeavyReads(4);
        var desk = new Desk(reads);
        var tasks = Enumerable.Range(0, 30).Select(i => desk.AskAsync(i % 3)).ToList();

        for (var left = tasks.Count; left > 0; left--)
        {
            var open = await desk.OpenAsync(1);
            Assert.InRange(open.Count, 1, 4);
            desk.Finish(open[0]);
        }

        await Task.WhenAll(tasks);
    }

    [Fact]
    public async Task RunAsync_OneAccountAsksForMuch_OthersHaveTheirTurnNext()
    {
        var desk = new Desk(new HeavyReads(2));
        for (var i = 0; i < 100; i++)
            _ = desk.AskAsync(1);
        _ = desk.AskAsync(2);
        _ = desk.AskAsync(3);
        var open = await desk.OpenAsync(2);
        Assert.Equal([1, 1], open.Select(read => read.Account));

        desk.Finish(open[0]);

        open = await desk.OpenAsync(2);
        Assert.Equal([1, 2], open.Select(read => read.Account));
        desk.Finish(open[0]);
        Assert.Equal([2, 3], (await desk.OpenAsync(2)).Select(read => read.Account));
    }

    [Fact]
    public async Task RunAsync_WaitingReadIsCancelled_TheNextRuns()
    {
        var desk = new Desk(new HeavyReads(1));
        _ = desk.AskAsync(1);
        using var cancelled = new CancellationTokenSource();
        var waiting = desk.AskAsync(1, cancelled.Token);
        _ = desk.AskAsync(1);

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        desk.Finish((await desk.OpenAsync(1))[0]);

        Assert.Single(await desk.OpenAsync(1));
    }

    [Fact]
    public async Task RunAsync_ReadFails_ItsPlaceIsFree()
    {
        var reads = new HeavyReads(2);

        await Assert.ThrowsAsync<InvalidOperationException>(() => reads.RunAsync<int>(1, () => throw new InvalidOperationException(), CancellationToken.None));

        Assert.Equal(5, await reads.RunAsync(1, () => Task.FromResult(5), CancellationToken.None));
    }

    [Fact]
    public async Task Ask_TwoAccountsWantOneRead_ItRunsOnceAtTheFirstTurnOfEither()
    {
        var reads = new HeavyReads(1);
        var desk = new Desk(reads);
        var tasks = Enumerable.Range(0, 5).Select(_ => desk.AskAsync(1)).ToList();
        var shared = new ReadTurn();
        reads.Ask(shared, 1);
        reads.Ask(shared, 2);
        tasks.Add(desk.AskAsync(1));

        desk.Finish((await desk.OpenAsync(1))[0]);

        Assert.Equal(2, await shared.Granted);
        Assert.Equal(7, await reads.RunAsync(shared, () => Task.FromResult(7), CancellationToken.None));
        for (var left = 5; left > 0; left--)
            desk.Finish((await desk.OpenAsync(1))[0]);
        await Task.WhenAll(tasks);
    }

    /// <summary>Reads that end when the test says so.</summary>
    private sealed class Desk(HeavyReads reads)
    {
        private readonly List<Read> _open = [];

        public Task<int> AskAsync(long account, CancellationToken cancellationToken = default) => reads.RunAsync(
            account,
            async () =>
            {
                var read = new Read(account);
                lock (_open)
                    _open.Add(read);
                await read.End.Task;
                return 0;
            },
            cancellationToken);

        /// <summary>The reads that run, once there are so many: a read that gets a place continues in another thread.</summary>
        public async Task<IReadOnlyList<Read>> OpenAsync(int count)
        {
            while (true)
            {
                lock (_open)
                {
                    if (_open.Count >= count)
                        return [.. _open];
                }
                await Task.Delay(5);
            }
        }

        public void Finish(Read read)
        {
            lock (_open)
                _open.Remove(read);
            read.End.SetResult();
        }
    }

    private sealed record Read(long Account)
    {
        public TaskCompletionSource End { get; } = new();
    }
}
