using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Drive;

public sealed class TurnBudgetTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task WaitAsync_TurnComesInTime_ItContinues()
    {
        var budget = new TurnBudget(TimeSpan.FromSeconds(10), _clock);
        var turn = new ReadTurn();
        var waiting = budget.WaitAsync(turn, CancellationToken.None);

        _clock.Advance(TimeSpan.FromSeconds(9));
        turn.TryGrant(1);

        await waiting;
    }

    [Fact]
    public async Task WaitAsync_SeveralShortWaits_TheyAddUp()
    {
        var budget = new TurnBudget(TimeSpan.FromSeconds(10), _clock);
        for (var i = 0; i < 3; i++)
        {
            var turn = new ReadTurn();
            var waiting = budget.WaitAsync(turn, CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(3));
            turn.TryGrant(1);
            await waiting;
        }
        var last = budget.WaitAsync(new ReadTurn(), CancellationToken.None);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(ErrorCode.TooManyRequests, (await Assert.ThrowsAsync<CloudreveException>(() => last)).Code);
    }

    [Fact]
    public async Task WaitAsync_AnotherReadRunsMeanwhile_ThatTimeIsNotCounted()
    {
        var budget = new TurnBudget(TimeSpan.FromSeconds(10), _clock);
        var turn = new ReadTurn();
        Task waiting;
        using (budget.Run())
        {
            waiting = budget.WaitAsync(turn, CancellationToken.None);
            _clock.Advance(TimeSpan.FromMinutes(1));
            // The wait checks again on another thread.
            await Task.Yield();
        }
        Assert.False(waiting.IsCompleted);
        turn.TryGrant(1);

        await waiting;
    }

    [Fact]
    public async Task WaitAsync_NothingLeftButTheTurnIsThere_ItContinues()
    {
        var budget = new TurnBudget(TimeSpan.Zero, _clock);
        var turn = new ReadTurn();
        turn.TryGrant(1);

        await budget.WaitAsync(turn, CancellationToken.None);
    }
}
