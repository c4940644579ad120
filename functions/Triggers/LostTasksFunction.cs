using Cloudreve.Core.Import;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>
/// Sends the start messages of accepted tasks again that nobody has started: the process died between the task's row and its
/// message, or the message was lost. Starting twice is harmless.
/// </summary>
internal static class LostTasksFunction
{
    private const string Timer = "timer";

    // Every ten minutes; one transaction for each 1,000 tasks.
    private const string Schedule = "0 */10 * * * *";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Creates the function.</summary>
    public static TriggerFunction Create() => new("RestartLostTasks", new TimerTrigger(Timer, Schedule), RunAsync);

    private static async Task<InvocationResponse> RunAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var tasks = services.GetRequiredService<TaskStore>();
        var imports = services.GetRequiredService<ImportService>();
        var before = services.GetRequiredService<TimeProvider>().GetUtcNow() - Patience;
        await foreach (var task in tasks.ScanQueuedAsync(before, cancellationToken))
            await imports.SendStartAsync(task, cancellationToken);
        return InvocationResponse.Done;
    }
}
