using Cloudreve.AzureStorage.Tables;
using Cloudreve.Functions.Hosting.Invocation;
using Cloudreve.Functions.Hosting.Local;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class LocalTimerTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(Start);

    private async Task<Table> NewTableAsync()
    {
        var table = azurite.Connect().Table(AzuriteServer.UniqueName());
        await table.CreateIfNotExistsAsync();
        return table;
    }

    private LocalTimer Timer(Table table, TimerHandler handler) => new("Sweep", "*/30 * * * * *", table, handler, _clock, NullLogger.Instance);

    private async Task<TimerState> FirstAsync(Table table, TimeSpan step)
    {
        var fired = new TaskCompletionSource<TimerState>();
        using var stop = new CancellationTokenSource();
        var run = Timer(table, (state, _) =>
        {
            fired.TrySetResult(state);
            return Task.CompletedTask;
        }).RunAsync(stop.Token);
        while (!fired.Task.IsCompleted)
        {
            await Task.WhenAny(fired.Task, Task.Delay(20));
            if (!fired.Task.IsCompleted)
                _clock.Advance(step);
        }
        var state = await fired.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        return state;
    }

    [Fact]
    public async Task Given_a_schedule_with_seconds_when_its_time_comes_then_it_fires_on_time()
    {
        var state = await FirstAsync(await NewTableAsync(), TimeSpan.FromSeconds(1));

        Assert.False(state.IsPastDue);
        Assert.True(state.ScheduleStatus!.Last >= Start.AddSeconds(25));
        Assert.Equal(0, state.ScheduleStatus.Next.Second % 30);
    }

    [Fact]
    public async Task Given_a_run_that_was_missed_when_the_process_starts_then_it_fires_late_and_says_so()
    {
        var table = await NewTableAsync();
        await table.UpsertAsync(new Row("timer", "Sweep") { ["Last"] = Start.AddHours(-1) });

        var state = await FirstAsync(table, TimeSpan.Zero);

        Assert.True(state.IsPastDue);
        Assert.Equal(Start, state.ScheduleStatus!.Last);
    }

    [Fact]
    public async Task Given_a_handler_that_throws_when_the_next_time_comes_then_it_fires_again()
    {
        var table = await NewTableAsync();
        await table.UpsertAsync(new Row("timer", "Sweep") { ["Last"] = Start.AddHours(-1) });
        var second = new TaskCompletionSource();
        var runs = 0;
        using var stop = new CancellationTokenSource();

        var run = Timer(table, (_, _) =>
        {
            if (++runs == 1)
                throw new InvalidOperationException("no");
            second.TrySetResult();
            return Task.CompletedTask;
        }).RunAsync(stop.Token);
        while (!second.Task.IsCompleted)
        {
            await Task.WhenAny(second.Task, Task.Delay(20));
            _clock.Advance(TimeSpan.FromSeconds(5));
        }
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.True(runs >= 2);
    }
}
