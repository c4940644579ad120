using System.Globalization;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations.Import;

/// <summary>Starts the orchestrations of imports.</summary>
public static class ImportStarter
{
    // Without the ended states, an instance that has ended would be replaced and run again.
    private static readonly OrchestrationRuntimeStatus[] s_startedAlready =
    [
        OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended,
        OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated,
    ];

    /// <summary>The instance that works for a task.</summary>
    /// <param name="task">An import task.</param>
    public static string InstanceIdOf(WorkflowTask task) => "import-" + task.Id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Starts a task's orchestration; does nothing when it runs or has ended.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="task">An import task.</param>
    public static async Task StartAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken = default)
    {
        var options = new StartOrchestrationOptions(InstanceIdOf(task)).WithDedupeStatuses(s_startedAlready);
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(
                ImportOrchestration.Name, new ImportState(new ImportTaskReference(task.Id, task.OwnerId)), options, cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Another caller was first.
        }
    }
}
