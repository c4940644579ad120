using Azure;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Timers;

/// <summary>
/// Runs one timer function by its schedule, one run at a time. A tick that was missed while the host was down is made up for once,
/// at the start; ticks during a run are skipped.
/// </summary>
/// <param name="store">Stores its state; null for ticks so frequent that none is worth making up for.</param>
/// <param name="run">Runs the function with the given JSON.</param>
/// <param name="logger">Receives what goes wrong.</param>
internal sealed class FunctionTimer(
    string function, TimerSchedule schedule, IScheduleStore? store, Func<string, CancellationToken, Task> run, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromDays(1);

    /// <summary>Runs the timer until it is told to stop.</summary>
    /// <param name="runOnStartup">True if it also fires at the start.</param>
    /// <param name="cancellationToken">Stops it; a run that has begun is also told to stop.</param>
    public async Task RunAsync(bool runOnStartup, CancellationToken cancellationToken)
    {
        try
        {
            var status = await ResumeAsync(cancellationToken);
            if (status.Next <= clock.GetUtcNow())
                status = await TickAsync(status, isPastDue: true, cancellationToken);
            else if (runOnStartup)
                status = await TickAsync(status, isPastDue: false, cancellationToken);
            while (true)
            {
                await DelayAsync(status.Next, cancellationToken);
                status = await TickAsync(status, isPastDue: false, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The host is stopping; a function that it told to stop may throw an exception of its own.
        }
    }

    /// <summary>Reads the timer's state; a schedule that was changed since counts from the last tick.</summary>
    private async Task<ScheduleStatus> ResumeAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var stored = store is null ? null : await store.ReadAsync(function, cancellationToken);
        if (stored is not null)
            return stored with { Next = schedule.Next(stored.LastUpdated) };
        var first = new ScheduleStatus(default, schedule.Next(now), now);
        await NoteAsync(first, cancellationToken);
        return first;
    }

    private async Task<ScheduleStatus> TickAsync(ScheduleStatus status, bool isPastDue, CancellationToken cancellationToken)
    {
        var began = clock.GetUtcNow();
        try
        {
            await run(TimerTriggerData.Serialize(store is null ? null : status, isPastDue), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            logger.LogDebug(e, "Timer {Function} failed; it runs again at its next tick.", function);
        }
        var now = clock.GetUtcNow();
        var next = new ScheduleStatus(began, schedule.Next(now), now);
        await NoteAsync(next, cancellationToken);
        return next;
    }

    /// <summary>A store that is temporarily unreachable does not stop the timer.</summary>
    private async Task NoteAsync(ScheduleStatus status, CancellationToken cancellationToken)
    {
        try
        {
            if (store is not null)
                await store.WriteAsync(function, status, cancellationToken);
        }
        catch (RequestFailedException e)
        {
            logger.LogWarning(e, "Where timer {Function} stands could not be stored.", function);
        }
    }

    private async Task DelayAsync(DateTimeOffset until, CancellationToken cancellationToken)
    {
        while (until - clock.GetUtcNow() is { Ticks: > 0 } left)
            await Task.Delay(left < s_longestDelay ? left : s_longestDelay, clock, cancellationToken);
    }
}
