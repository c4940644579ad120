using Cloudreve.Functions.Triggers.Timers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Workflow;

public sealed class TimedSweepTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_more_rows_than_a_day_brings_when_a_sweep_runs_then_it_may_remove_them_all() =>
        Assert.Equal(int.MaxValue, await NewSweep().RunAsync((most, _) => Task.FromResult(most), TestContext.Current.CancellationToken));

    [Fact]
    public async Task Given_a_sweep_that_does_not_end_when_its_time_is_up_then_it_is_cancelled_in_order()
    {
        var run = NewSweep().RunAsync(ForeverAsync, TestContext.Current.CancellationToken);
        _clock.Advance(TimedSweep.Longest);

        Assert.Null(await run);
    }

    [Fact]
    public async Task Given_a_host_that_stops_when_a_sweep_runs_then_the_cancellation_passes_on()
    {
        using var host = new CancellationTokenSource();
        var run = NewSweep().RunAsync(ForeverAsync, host.Token);
        await host.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private static async Task<int> ForeverAsync(int most, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return most;
    }

    private TimedSweep NewSweep() => new(_clock, NullLogger<TimedSweep>.Instance);
}
