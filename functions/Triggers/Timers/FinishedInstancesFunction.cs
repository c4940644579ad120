using Cloudreve.Orchestrations;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Keeps the task hub small: what a hub holds is paid for, and looked through.</summary>
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
