using System.Text.Json;
using Cloudreve.LocalHost.Timers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Triggers;

public sealed class FunctionTimerTests : IScheduleStore, IDisposable
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(s_noon);
    private readonly Queue<JsonElement> _runs = new();
    private readonly CancellationTokenSource _stop = new();
    private ScheduleStatus? _stored;
    private TaskCompletionSource? _running;

    [Fact]
    public async Task A_tick_comes_when_its_time_has_come_and_not_before()
    {
        var timer = Start("0 30 * * * *");
        _clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Empty(_runs);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(Assert.Single(_runs).GetProperty("IsPastDue").GetBoolean());
        Assert.Equal(s_noon.AddMinutes(90), _stored!.Next);
        await EndAsync(timer);
    }

    [Fact]
    public async Task Ticks_missed_while_the_host_was_down_are_made_up_for_once()
    {
        _stored = new ScheduleStatus(s_noon.AddHours(-5), s_noon.AddHours(-4), s_noon.AddHours(-5));
        var timer = Start("0 0 * * * *");
        Assert.True(Assert.Single(_runs).GetProperty("IsPastDue").GetBoolean());
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Single(_runs);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _runs.Count);
        await EndAsync(timer);
    }

    [Fact]
    public async Task A_restart_between_two_ticks_changes_nothing()
    {
        _stored = new ScheduleStatus(s_noon.AddMinutes(-30), s_noon.AddMinutes(30), s_noon.AddMinutes(-30));
        var timer = Start("0 30 * * * *");
        Assert.Empty(_runs);
        _clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(s_noon.AddMinutes(-30), Assert.Single(_runs).GetProperty("ScheduleStatus").GetProperty("Last").GetDateTimeOffset());
        await EndAsync(timer);
    }

    [Fact]
    public async Task A_run_that_outlasts_ticks_is_not_joined_by_another()
    {
        _running = new TaskCompletionSource();
        var timer = Start("0 * * * * *");
        _clock.Advance(TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(_runs);
        _running.SetResult();
        await Task.Yield();
        Assert.Equal(s_noon.AddMinutes(7), _stored!.Next);
        await EndAsync(timer);
    }

    Task<ScheduleStatus?> IScheduleStore.ReadAsync(string function, CancellationToken cancellationToken) => Task.FromResult(_stored);

    Task IScheduleStore.WriteAsync(string function, ScheduleStatus status, CancellationToken cancellationToken)
    {
        _stored = status;
        return Task.CompletedTask;
    }

    public void Dispose() => _stop.Dispose();

    private Task Start(string schedule) =>
        new FunctionTimer("F", TimerSchedule.Parse("F", schedule), this, RunAsync, _clock, NullLogger.Instance).RunAsync(false, _stop.Token);

    private Task RunAsync(string value, CancellationToken cancellationToken)
    {
        _runs.Enqueue(JsonDocument.Parse(value).RootElement.Clone());
        return _running?.Task ?? Task.CompletedTask;
    }

    private async Task EndAsync(Task timer)
    {
        await _stop.CancelAsync();
        await timer;
    }
}
