using Cloudreve.Core.Import;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>
/// Takes care of tasks that nobody works on. One that was accepted and not started gets its start message again: the process died
/// between the task's row and its message, or the message was lost. One that runs and has not moved for long may have lost its
/// orchestration, for example because storage was down when it wanted to end the task: it is started again and goes on where it
/// was. Starting twice is harmless. As long as all goes well this is one query.
/// </summary>
internal static class LostTasksFunction
{
    private const string Timer = "timer";
    private const string Client = "client";

    // Every ten minutes; one transaction for each 1,000 tasks.
    private const string Schedule = "0 */10 * * * *";

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(5);

    // Longer than all tries of one activity take together; a task's row changes with each round.
    private static readonly TimeSpan RunPatience = TimeSpan.FromMinutes(30);

    /// <summary>Creates the function.</summary>
    public static TriggerFunction Create() => new("RestartLostTasks", new TimerTrigger(Timer, Schedule), RunAsync)
    {
        OtherBindings = [new DurableClient(Client, FunctionBinding.In)],
    };

    private static async Task<InvocationResponse> RunAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var imports = services.GetRequiredService<ImportService>();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        await foreach (var task in services.GetRequiredService<TaskStore>().ScanStaleAsync(now - StartPatience, now - RunPatience, cancellationToken))
        {
            if (task.Status == WorkflowTaskStatus.Queued || await HasLostInstanceAsync(request, services, task, cancellationToken))
                await imports.SendStartAsync(task, cancellationToken);
        }
        return InvocationResponse.Done;
    }

    /// <summary>Whether the orchestration of a task is gone or over; what is left of it is removed, so that it can be started again.</summary>
    private static async Task<bool> HasLostInstanceAsync(
        InvocationRequest request, IServiceProvider services, WorkflowTask task, CancellationToken cancellationToken)
    {
        var client = services.GetRequiredService<TaskHubConnector>()(request.Text(Client));
        var id = ImportService.InstanceIdOf(task);
        if (await client.GetInstanceAsync(id, cancellation: cancellationToken) is { } instance)
        {
            if (!instance.IsCompleted)
                return false;
            await client.PurgeInstanceAsync(id, cancellation: cancellationToken);
        }
        services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(LostTasksFunction).FullName!)
            .LogWarning("Task {Task} has lost its orchestration and is started again", task.Id);
        return true;
    }
}
