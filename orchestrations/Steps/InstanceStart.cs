using System.Globalization;
using Cloudreve.Core.Tasks;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>Starts an instance at most once.</summary>
internal static class InstanceStart
{
    // Without the ended states, an instance that has ended would be replaced and run again.
    private static readonly OrchestrationRuntimeStatus[] s_startedAlready =
    [
        OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated,
    ];

    public static string IdOf(string workflow, WorkflowTask task) => string.Create(CultureInfo.InvariantCulture, $"{workflow}-{task.Id:x}");

    public static async Task RunAsync(DurableTaskClient client, string orchestrator, string id, object input, CancellationToken cancellationToken)
    {
        var options = new StartOrchestrationOptions(id).WithDedupeStatuses(s_startedAlready);
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, options, cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Another caller was first.
        }
    }
}
