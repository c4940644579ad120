using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class PacedBodyTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly System.IO.Pipelines.Pipe _pipe = new();

    [Fact]
    public async Task ReadAsync_NoByteComes_EndsAfterTheGrace()
    {
        await using var body = new PacedBody(_pipe.Reader.AsStream(), _clock);
        var reading = body.ReadAsync(new byte[10]).AsTask();

        _clock.Advance(PacedBody.Grace);

        Assert.Equal(ErrorCode.BadParameter, (await Assert.ThrowsAsync<CloudreveException>(() => reading)).Code);
    }

    [Fact]
    public async Task ReadAsync_AByteInASecond_EndsOnceTheGraceIsUsedUp()
    {
        await using var body = new PacedBody(_pipe.Reader.AsStream(), _clock);
        var seconds = 0;

        await Assert.ThrowsAsync<CloudreveException>(async () =>
        {
            for (; seconds < 100; seconds++)
            {
                var reading = body.ReadAsync(new byte[10]).AsTask();
                _clock.Advance(TimeSpan.FromSeconds(1));
                if (!reading.IsCompleted)
                    await _pipe.Writer.WriteAsync(new byte[1]);
                await reading;
            }
        });

        Assert.InRange(seconds, 28, 31);
    }

    [Fact]
    public async Task ReadAsync_MuchCameBefore_TheRateAllowsALongerPause()
    {
        await using var body = new PacedBody(_pipe.Reader.AsStream(), _clock);
        await _pipe.Writer.WriteAsync(new byte[60 * PacedBody.LeastRate]);
        await body.ReadExactlyAsync(new byte[60 * PacedBody.LeastRate]);
        var reading = body.ReadAsync(new byte[10]).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(80));
        await _pipe.Writer.WriteAsync(new byte[1]);

        Assert.Equal(1, await reading);
    }

    [Fact]
    public async Task ReadAsync_TheServerIsSlow_IsNotTheClientsFault()
    {
        await using var body = new PacedBody(_pipe.Reader.AsStream(), _clock);
        await _pipe.Writer.WriteAsync(new byte[20]);
        Assert.Equal(10, await body.ReadAsync(new byte[10]));
        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(10, await body.ReadAsync(new byte[10]));
    }
}
