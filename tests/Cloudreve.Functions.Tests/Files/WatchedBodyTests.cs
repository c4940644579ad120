using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Content;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Tests that readers must read content at a minimum rate.</summary>
public sealed class WatchedBodyTests
{
    private const long Rate = 1024;

    private static readonly TimeSpan Safety = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly Reader _reader = new();
    private readonly DefaultHttpContext _http = new();
    private readonly WatchedBody _body;

    public WatchedBodyTests()
    {
        _http.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime());
        _http.Response.Body = _reader;
        _body = new WatchedBody(_http, Rate, _clock);
    }

    [Fact]
    public async Task Given_a_reader_who_takes_nothing_when_the_grace_is_over_then_the_connection_is_cut()
    {
        var writing = _body.WriteAsync(new byte[10]).AsTask();
        _clock.Advance(WatchedBody.Grace - TimeSpan.FromSeconds(1));
        Assert.False(writing.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAsync<SlowReaderException>(() => writing.WaitAsync(Safety));
        Assert.True(_http.RequestAborted.IsCancellationRequested);
    }

    [Fact]
    public async Task Given_a_reader_at_half_the_rate_when_it_continues_then_it_is_cut_off_in_the_end()
    {
        var seconds = 0;

        await Assert.ThrowsAsync<SlowReaderException>(async () =>
        {
            for (; seconds < 1_000; seconds += 2)
                await WriteAsync((int)Rate, TimeSpan.FromSeconds(2));
        });

        Assert.InRange(seconds, 110, 130);
    }

    [Fact]
    public async Task Given_a_reader_just_fast_enough_when_it_continues_then_it_gets_everything()
    {
        for (var i = 0; i < 1_000; i++)
            await WriteAsync((int)Rate, TimeSpan.FromSeconds(1));

        Assert.Equal(1_000 * Rate, _reader.Taken);
    }

    [Fact]
    public async Task Given_a_reader_who_was_fast_when_it_stands_still_then_it_has_no_credit()
    {
        for (var i = 0; i < 100; i++)
            await WriteAsync(1 << 20, TimeSpan.Zero);
        var writing = _body.WriteAsync(new byte[10]).AsTask();

        _clock.Advance(WatchedBody.Grace + TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<SlowReaderException>(() => writing.WaitAsync(Safety));
    }

    [Fact]
    public async Task Given_a_storage_that_is_slow_when_content_comes_then_that_is_not_the_readers_fault()
    {
        await WriteAsync(10, TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromMinutes(10));

        await WriteAsync(10, TimeSpan.Zero);

        Assert.Equal(20, _reader.Taken);
    }

    /// <summary>Writes what the reader takes after a time; piece by piece, where it comes in pieces.</summary>
    private async Task WriteAsync(int count, TimeSpan time)
    {
        var writing = _body.WriteAsync(new byte[count]).AsTask();
        _clock.Advance(time);
        while (!writing.IsCompleted)
        {
            _reader.Take();
            await Task.Yield();
        }
        await writing;
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _aborted = new();

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException();
        }

        public void Abort() => _aborted.Cancel();
    }

    /// <summary>Accepts a write when the test says so.</summary>
    private sealed class Reader : MemoryStream
    {
        private volatile TaskCompletionSource? _waiting;

        public long Taken { get; private set; }

        public void Take() => Interlocked.Exchange(ref _waiting, null)?.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting = taken;
            await taken.Task;
            Taken += buffer.Length;
        }
    }
}
