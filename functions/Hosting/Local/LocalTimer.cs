using Cloudreve.AzureStorage.Tables;
using Cloudreve.Functions.Hosting.Invocation;
using Cronos;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>What a timer starts. A throw is logged; the schedule goes on.</summary>
/// <param name="state">When it fired and fires next.</param>
/// <param name="cancellationToken">Ends with the host.</param>
internal delegate Task TimerHandler(TimerState state, CancellationToken cancellationToken);

/// <summary>
/// Fires one schedule. The last run is a row, so that a run that was missed while no process ran is made up for once, as the platform does.
/// </summary>
internal sealed class LocalTimer(string name, string schedule, Table state, TimerHandler handler, TimeProvider clock, ILogger logger)
{
    private const string Partition = "timer";
    private const string LastProperty = "Last";

    // A clock that is set forward is noticed after this time.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);
    private readonly CronExpression _schedule = CronExpression.Parse(schedule, CronFormat.IncludeSeconds);

    /// <summary>Fires until cancelled.</summary>
    /// <param name="cancellationToken">Ends the schedule.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var last = await LoadAsync(cancellationToken);
        while (Next(last) is { } due)
        {
            var isPastDue = due < clock.GetUtcNow();
            await SleepUntilAsync(due, cancellationToken);
            last = clock.GetUtcNow();
            await FireAsync(last, isPastDue, cancellationToken);
            // Recorded afterwards: a run that the process does not survive is repeated.
            await SaveAsync(last, cancellationToken);
        }
    }

    private async Task<DateTimeOffset> LoadAsync(CancellationToken cancellationToken)
    {
        if ((await state.FindAsync(Partition, name, cancellationToken))?.Time(LastProperty) is { } last)
            return last;
        var now = clock.GetUtcNow();
        await SaveAsync(now, cancellationToken);
        return now;
    }

    private async Task SaveAsync(DateTimeOffset last, CancellationToken cancellationToken) =>
        await state.UpsertAsync(new Row(Partition, name) { [LastProperty] = last }, cancellationToken);

    private DateTimeOffset? Next(DateTimeOffset from) => _schedule.GetNextOccurrence(from, TimeZoneInfo.Utc);

    private async Task SleepUntilAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        while (due - clock.GetUtcNow() is { Ticks: > 0 } left)
            await Task.Delay(left < LongestSleep ? left : LongestSleep, clock, cancellationToken);
    }

    private async Task FireAsync(DateTimeOffset now, bool isPastDue, CancellationToken cancellationToken)
    {
        var status = new TimerScheduleStatus(now, Next(now) ?? DateTimeOffset.MaxValue, now);
        try
        {
            await handler(new TimerState(new TimerSchedule(AdjustForDST: true), status, isPastDue), cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.LogError(e, "Timer {Timer} failed", name);
        }
    }
}
