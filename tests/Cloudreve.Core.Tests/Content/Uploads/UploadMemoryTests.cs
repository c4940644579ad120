using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

public sealed class UploadMemoryTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task TakeAsync_NoRoom_WaitsUntilRoomIsGivenBack()
    {
        var memory = new UploadMemory(_clock, 100);
        var first = await memory.TakeAsync(60, CancellationToken.None);
        var second = memory.TakeAsync(60, CancellationToken.None);
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second).Dispose();
    }

    [Fact]
    public async Task TakeAsync_LittleRoomIsWantedBehindMuch_WaitsForItsTurn()
    {
        var memory = new UploadMemory(_clock, 100);
        var first = await memory.TakeAsync(60, CancellationToken.None);
        var much = memory.TakeAsync(100, CancellationToken.None);
        var little = memory.TakeAsync(10, CancellationToken.None);
        Assert.False(little.IsCompleted);

        first.Dispose();
        (await much).Dispose();

        (await little).Dispose();
    }

    [Fact]
    public async Task TakeAsync_MoreThanThereIs_TakesAll()
    {
        var memory = new UploadMemory(_clock, 100);

        using var room = await memory.TakeAsync(1_000, CancellationToken.None);

        Assert.False(memory.TakeAsync(1, CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task TakeAsync_NoRoomForAMinute_IsRefusedAndLeavesTheLine()
    {
        var memory = new UploadMemory(_clock, 100);
        var first = await memory.TakeAsync(100, CancellationToken.None);
        var refused = memory.TakeAsync(100, CancellationToken.None);

        _clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(ErrorCode.TooManyRequests, (await Assert.ThrowsAsync<CloudreveException>(() => refused)).Code);
        first.Dispose();
        (await memory.TakeAsync(100, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task TakeAsync_ClientLeaves_TheNextOneGetsTheRoom()
    {
        var memory = new UploadMemory(_clock, 100);
        using var stop = new CancellationTokenSource();
        var first = await memory.TakeAsync(100, CancellationToken.None);
        var left = memory.TakeAsync(100, stop.Token);
        var next = memory.TakeAsync(100, CancellationToken.None);

        await stop.CancelAsync();
        first.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        (await next).Dispose();
    }

    [Fact]
    public async Task Dispose_Twice_GivesBackOnce()
    {
        var memory = new UploadMemory(_clock, 100);
        var first = await memory.TakeAsync(100, CancellationToken.None);
        first.Dispose();
        first.Dispose();

        using var second = await memory.TakeAsync(100, CancellationToken.None);

        Assert.False(memory.TakeAsync(1, CancellationToken.None).IsCompleted);
    }
}
