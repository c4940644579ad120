using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Infrastructure.Reads;

/// <summary>
/// The total time that a caller may wait for turns, counted while none of its reads runs. A read that waits beside a running one does not count.
/// </summary>
/// <param name="most">The limit.</param>
/// <param name="clock">Determines how long it was.</param>
internal sealed class TurnBudget(TimeSpan most, TimeProvider clock)
{
    private static readonly TimeSpan s_leastWait = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private TimeSpan _spent;
    private long _since;
    private int _waiting;
    private int _running;

    /// <summary>Waits for a turn.</summary>
    /// <exception cref="CloudreveException">429 once the budget is spent.</exception>
    public async Task WaitAsync(ReadTurn turn, CancellationToken cancellationToken)
    {
        Count(waiting: 1, running: 0);
        try
        {
            while (!turn.Granted.IsCompleted)
            {
                if (Left() is not { } left)
                    throw new CloudreveException(ErrorCode.TooManyRequests, "Too many searches are running right now. Try again in a moment.");
                try
                {
                    await turn.Granted.WaitAsync(left > s_leastWait ? left : s_leastWait, clock, cancellationToken);
                }
                catch (TimeoutException)
                {
                    // Part of that time was not waiting, since another read ran.
                }
            }
        }
        finally
        {
            Count(waiting: -1, running: 0);
        }
    }

    /// <summary>Marks a read as running until the result is disposed of.</summary>
    public IDisposable Run()
    {
        Count(waiting: 0, running: 1);
        return new Running(this);
    }

    private bool IsIdle => _waiting > 0 && _running == 0;

    private void Count(int waiting, int running)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (IsIdle)
                _spent += clock.GetElapsedTime(_since, now);
            (_waiting, _running, _since) = (_waiting + waiting, _running + running, now);
        }
    }

    /// <summary>The time that is left; null for none.</summary>
    private TimeSpan? Left()
    {
        lock (_lock)
        {
            var left = most - _spent - (IsIdle ? clock.GetElapsedTime(_since) : TimeSpan.Zero);
            return left > TimeSpan.Zero || _running > 0 ? left : null;
        }
    }

    private sealed class Running(TurnBudget budget) : IDisposable
    {
        public void Dispose() => budget.Count(waiting: 0, running: -1);
    }
}
