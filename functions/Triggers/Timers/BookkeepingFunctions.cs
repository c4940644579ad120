using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Removes bookkeeping that is no longer needed.</summary>
internal sealed class BookkeepingFunctions(QuotaLedger quota, TaskItemSweep items, TaskStore tasks, TimedSweep timed, ILogger<BookkeepingFunctions> logger)
{
    /// <summary>
    /// Removes old operations of the quota ledger, working rows of tasks that ended, and tasks that ended long ago. Anything that does not fit
    /// into the time of one run is removed by the next ones.
    /// </summary>
    [Function("SweepBookkeeping")]
    public async Task SweepAsync([TimerTrigger("0 40 3 * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var operations = await timed.RunAsync(quota.SweepAsync, cancellationToken);
        var rows = await timed.RunAsync(items.RunAsync, cancellationToken);
        var ended = await timed.RunAsync(tasks.SweepAsync, cancellationToken);
        logger.LogInformation(
            "Removed {Operations} old operations of the quota ledger, {Rows} rows of ended tasks and {Tasks} old tasks", operations, rows, ended);
    }
}
