using System.Globalization;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Tasks;
using DurableTask.Core.Exceptions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Cloudreve.Orchestrations.AccountRemovals;

/// <summary>Starts the orchestrations that remove accounts.</summary>
public static class AccountRemovalStarter
{
    // One that failed or was terminated may be run again: a removal can be repeated.
    private static readonly OrchestrationRuntimeStatus[] s_atWork =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    /// <summary>The instance that works for a task.</summary>
    /// <param name="task">A task of a removal.</param>
    public static string InstanceIdOf(WorkflowTask task) => "user-removal-" + task.Id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Starts a task's orchestration; does nothing when it runs.</summary>
    /// <param name="client">The task hub.</param>
    /// <param name="task">A task of a removal.</param>
    public static async Task StartAsync(DurableTaskClient client, WorkflowTask task, CancellationToken cancellationToken = default)
    {
        var options = new StartOrchestrationOptions(InstanceIdOf(task)).WithDedupeStatuses(s_atWork);
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(
                AccountRemovalOrchestration.Name, new AccountRemovalState(AccountRemoval.ReferenceOf(task)), options, cancellationToken);
        }
        catch (OrchestrationAlreadyExistsException)
        {
            // Another caller was first.
        }
    }
}
