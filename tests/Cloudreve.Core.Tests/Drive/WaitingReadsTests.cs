using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Reads;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class WaitingReadsTests
{
    private static readonly WaitingReads.Key s_page = new("files", new RowRange("partition"), null);

    private readonly WaitingReads _reads = new(new HeavyReads(4));
    private readonly List<TaskCompletionSource<RowPage>> _begun = [];

    [Fact]
    public async Task ReadAsync_PageIsBeingRead_NewcomersShareTheNextReadWhichBeginsAfterwards()
    {
        var first = AskAsync(1);
        var running = await BegunAsync(1);
        var newcomers = new[] { AskAsync(1), AskAsync(2), AskAsync(3) };
        Assert.Single(_begun);

        var (older, newer) = (new RowPage([], "older"), new RowPage([], "newer"));
        running.SetResult(older);
        Assert.Same(older, await first);
        (await BegunAsync(2)).SetResult(newer);

        Assert.All(await Task.WhenAll(newcomers), page => Assert.Same(newer, page));
        Assert.Equal(2, _begun.Count);
    }

    [Fact]
    public async Task ReadAsync_ReadThatOthersWaitForFails_TheNextBegins()
    {
        var first = AskAsync(1);
        var running = await BegunAsync(1);
        var second = AskAsync(2);

        running.SetException(new InvalidOperationException());

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        var page = new RowPage([], null);
        (await BegunAsync(2)).SetResult(page);
        Assert.Same(page, await second);
    }

    [Fact]
    public async Task ReadAsync_AllWhoWaitLeave_NothingIsReadForThem()
    {
        var first = AskAsync(1);
        var running = await BegunAsync(1);
        using var leaving = new CancellationTokenSource();
        var second = AskAsync(2, leaving.Token);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        running.SetResult(new RowPage([], null));
        await first;
        var third = AskAsync(3);
        (await BegunAsync(2)).SetResult(new RowPage([], "third"));

        Assert.Equal("third", (await third).ContinuationToken);
        Assert.Equal(2, _begun.Count);
    }

    private Task<RowPage> AskAsync(long account, CancellationToken cancellationToken = default) => _reads.ReadAsync(
        s_page,
        account,
        budget: null,
        _ =>
        {
            var read = new TaskCompletionSource<RowPage>();
            lock (_begun)
                _begun.Add(read);
            return read.Task;
        },
        cancellationToken);

    /// <summary>A read, once so many have begun.</summary>
    private async Task<TaskCompletionSource<RowPage>> BegunAsync(int count)
    {
        while (true)
        {
            lock (_begun)
            {
                if (_begun.Count >= count)
                    return _begun[count - 1];
            }
            await Task.Delay(5);
        }
    }
}
