using Cloudreve.Orchestrations;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Takes care of tasks that nobody works on.</summary>
internal sealed class LostTasksFunction(LostTasks lostTasks)
{
    /// <summary>Starts tasks that were accepted and not started, and ends those whose orchestration is gone. One query while all goes well.</summary>
    [Function("RestartLostTasks")]
    public Task RunAsync(
        [TimerTrigger("0 */2 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        lostTasks.RunAsync(client, cancellationToken);
}
