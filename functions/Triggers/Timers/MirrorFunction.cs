using Cloudreve.Core.Imports;
using Cloudreve.Orchestrations.Import;
using Grpc.Core;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Runs mirrors of storage that are due.</summary>
internal sealed class MirrorFunction(ImportService imports, ILogger<MirrorFunction> logger)
{
    /// <summary>Starts a task for each mirror that is due: one transaction while there is none.</summary>
    [Function("RunMirrors")]
    public Task RunAsync(
        [TimerTrigger("40 */5 * * * *")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        imports.RunMirrorsAsync(
            async (task, token) =>
            {
                try
                {
                    await ImportStarter.StartAsync(client, task, token);
                }
                catch (RpcException e)
                {
                    // The timer for lost tasks starts it.
                    logger.LogWarning(e, "Task {Task} is accepted and could not be started yet", task.Id);
                }
            },
            cancellationToken);
}
