using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Caching;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Caching;

public sealed class AgedValueTests
{
    private static readonly TimeSpan Safety = TimeSpan.FromMinutes(1);
    private static readonly AgeLimits Limits = new(TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5));

    private readonly FakeTimeProvider _clock = new();
    private readonly List<TaskCompletionSource<string>> _reads = [];
    private readonly SemaphoreSlim _begun = new(0);
    private readonly AgedValue<string> _value;

    public AgedValueTests() => _value = new AgedValue<string>(ReadAsync, Limits, _clock);

    [Fact]
    public async Task Given_no_value_when_several_ask_then_they_share_one_read()
    {
        var asked = Enumerable.Range(0, 8).Select(_ => AskAsync()).ToList();
        _reads[0].SetResult("a");

        Assert.All(await Task.WhenAll(asked), value => Assert.Equal("a", value));
        Assert.Single(_reads);
    }

    [Fact]
    public async Task Given_a_read_that_fails_when_several_wait_for_it_then_they_share_its_failure()
    {
        var asked = Enumerable.Range(0, 8).Select(_ => AskAsync()).ToList();
        _reads[0].SetException(new StorageUnavailableException("down"));

        foreach (var one in asked)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => one);
        Assert.Single(_reads);
        var next = AskAsync();
        _reads[1].SetResult("b");
        Assert.Equal("b", await next);
    }

    [Fact]
    public async Task Given_a_first_caller_who_leaves_when_others_wait_then_they_get_the_value()
    {
        using var leaving = new CancellationTokenSource();
        var first = _value.GetAsync(leaving.Token).AsTask();
        var second = AskAsync();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _reads[0].SetResult("a");

        Assert.Equal("a", await second);
        Assert.Single(_reads);
    }

    [Fact]
    public async Task Given_no_value_when_a_read_hangs_then_those_who_wait_fail_in_time()
    {
        var asked = AskAsync();

        _clock.Advance(Limits.ReadTimeout);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => asked.WaitAsync(Safety));
    }

    [Fact]
    public async Task Given_an_old_value_when_the_read_hangs_then_the_old_one_serves_after_a_short_wait()
    {
        await KnowAsync("a");
        _clock.Advance(Limits.MaxAge);

        var waiting = AskAsync();
        Assert.False(waiting.IsCompleted);
        _clock.Advance(SharedAttempt<string>.WaitTimeout);

        Assert.Equal("a", await waiting.WaitAsync(Safety));
        Assert.Equal("a", await AskAsync().WaitAsync(Safety));
        Assert.Equal(2, _reads.Count);
    }

    [Fact]
    public async Task Given_an_old_value_when_the_read_answers_soon_then_the_new_one_serves()
    {
        await KnowAsync("a");
        _clock.Advance(Limits.MaxAge);

        var waiting = AskAsync();
        _reads[1].SetResult("b");

        Assert.Equal("b", await waiting);
    }

    [Fact]
    public async Task Given_an_old_value_when_reads_fail_then_it_serves_up_to_its_limit()
    {
        await KnowAsync("a");
        _clock.Advance(Limits.MaxAge);
        var first = AskAsync();
        _reads[1].SetException(new StorageUnavailableException("down"));
        Assert.Equal("a", await first);

        Assert.Equal("a", await AskAsync());
        Assert.Equal(2, _reads.Count);
        _clock.Advance(Limits.MaxStale - Limits.MaxAge);
        var late = AskAsync();
        _reads[2].SetException(new StorageUnavailableException("down"));

        await Assert.ThrowsAsync<StorageUnavailableException>(() => late);
    }

    [Fact]
    public async Task Given_a_value_that_grows_old_when_it_is_requested_then_it_serves_while_it_is_read_again()
    {
        await KnowAsync("a");
        _clock.Advance(Limits.MaxAge * 0.8);

        Assert.Equal("a", await AskAsync());
        Assert.True(await _begun.WaitAsync(Safety));
        Assert.Equal("a", await AskAsync());
        _reads[1].SetResult("b");

        while (await AskAsync() == "a")
            await Task.Yield();
        Assert.Equal(2, _reads.Count);
    }

    [Fact]
    public async Task Given_a_value_forgotten_during_a_read_when_it_is_asked_for_then_neither_of_them_serves()
    {
        await KnowAsync("a");
        _clock.Advance(Limits.MaxAge);
        var before = AskAsync();
        _value.Forget();
        var after = AskAsync();
        _reads[1].SetResult("seen before the change");
        _reads[2].SetResult("c");

        Assert.Equal("seen before the change", await before);
        Assert.Equal("c", await after);
        Assert.Equal("c", await AskAsync());
    }

    private Task<string> AskAsync() => _value.GetAsync(CancellationToken.None).AsTask();

    private async Task KnowAsync(string value)
    {
        var asked = AskAsync();
        _reads[^1].SetResult(value);
        await asked;
        Assert.True(await _begun.WaitAsync(Safety));
    }

    private Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        var read = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reads.Add(read);
        _begun.Release();
        return read.Task;
    }
}
