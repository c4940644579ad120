using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Removes bookkeeping that nobody needs any more.</summary>
internal sealed class BookkeepingFunctions(QuotaLedger quota, TaskItemSweep items, TaskStore tasks, ILogger<BookkeepingFunctions> logger)
{
    private const int RowsPerRun = 20_000;

    /// <summary>
    /// Removes old operations of the quota ledger, working rows of tasks that ended, and tasks that ended long ago. What does not fit into one run is removed by
    /// the next ones.
    /// </summary>
    [Function("SweepBookkeeping")]
    public async Task SweepAsync([TimerTrigger("0 40 3 * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var operations = await quota.SweepAsync(RowsPerRun, cancellationToken);
        var rows = await items.RunAsync(RowsPerRun, cancellationToken);
        var ended = await tasks.SweepAsync(RowsPerRun, cancellationToken);
        logger.LogInformation(
            "Removed {Operations} old operations of the quota ledger, {Rows} rows of ended tasks and {Tasks} old tasks", operations, rows, ended);
    }
}
