using Cloudreve.Core.Quota;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Removes bookkeeping that nobody needs any more: old operations of the quota ledger and working rows of tasks that ended.</summary>
internal static class SweepFunction
{
    private const string Timer = "timer";

    // Once a day. What does not fit into one run is removed by the next ones.
    private const string Schedule = "0 40 3 * * *";
    private const int RowsPerRun = 20_000;

    /// <summary>Creates the function.</summary>
    public static TriggerFunction Create() => new("SweepBookkeeping", new TimerTrigger(Timer, Schedule), RunAsync);

    private static async Task<InvocationResponse> RunAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var operations = await services.GetRequiredService<QuotaLedger>().SweepAsync(RowsPerRun, cancellationToken);
        var items = await services.GetRequiredService<TaskItemSweep>().RunAsync(RowsPerRun, cancellationToken);
        services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(SweepFunction).FullName!)
            .LogInformation("Removed {Operations} old operations of the quota ledger and {Items} rows of ended tasks", operations, items);
        return InvocationResponse.Done;
    }
}
