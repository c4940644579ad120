using Cloudreve.Orchestrations;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Takes care of tasks without a running orchestration.</summary>
internal sealed class LostTasksFunction(LostTasks lostTasks)
{
    /// <summary>Starts tasks that were accepted and not started, and ends those whose orchestration is gone. One query if there are none.</summary>
    [Function("RestartLostTasks")]
    public Task RunAsync(
        [TimerTrigger("0 */2 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        lostTasks.RunAsync(client, cancellationToken);
}
