using Cloudreve.Orchestrations;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Keeps the task hub small: its content is paid for, and scanned.</summary>
internal sealed class FinishedInstancesFunction(FinishedInstances instances, ILogger<FinishedInstancesFunction> logger)
{
    /// <summary>Removes workflows' instances that ended days ago.</summary>
    [Function("PurgeFinishedInstances")]
    public async Task RunAsync(
        [TimerTrigger("0 20 4 * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var count = await instances.PurgeAsync(client, cancellationToken);
        logger.LogInformation("Removed {Count} finished instances from the task hub", count);
    }
}
