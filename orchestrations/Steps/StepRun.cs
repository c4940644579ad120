using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Steps;

/// <summary>
/// Runs a workflow step by step. A step that fails is retried for half a minute; then the task is suspended, longer each time, until
/// it has no retry left. A domain error ends the task at once.
/// </summary>
internal static class StepRun
{
    /// <summary>The event that ends a suspension early.</summary>
    public const string Wake = "wake";

    // The history of a round stays short.
    private const int StepsInRound = 20;

    private const int Attempts = 5;

    private const string Interrupted = "An internal error interrupted the task. The error has been logged.";

    private static readonly TaskOptions s_step = TaskOptions.FromRetryPolicy(
        new RetryPolicy(Attempts, TimeSpan.FromSeconds(2), 2, TimeSpan.FromSeconds(30))
        {
            HandleFailure = static failure => !failure.IsCausedBy<CloudreveException>(),
        });

    /// <summary>Runs a round.</summary>
    /// <param name="state">The progress so far.</param>
    /// <param name="step">The activity that does a step and answers whether it was the last one.</param>
    /// <param name="finish">The activity that ends the task.</param>
    /// <returns>True if the workflow succeeded.</returns>
    public static Task<bool> RunAsync(TaskOrchestrationContext context, StepState state, string step, string finish) =>
        RunAsync(context, state, async () => new StepAnswer(await context.CallActivityAsync<bool>(step, state.Task, s_step)), finish);

    /// <summary>Runs a round of a workflow that waits between its steps.</summary>
    /// <param name="context">The orchestration.</param>
    /// <param name="state">The progress so far.</param>
    /// <param name="step">The activity that does a step and returns a <see cref="StepAnswer"/>.</param>
    /// <param name="finish">The activity that ends the task.</param>
    /// <returns>True if the workflow succeeded.</returns>
    public static Task<bool> RunWaitingAsync(TaskOrchestrationContext context, StepState state, string step, string finish) =>
        RunAsync(context, state, () => context.CallActivityAsync<StepAnswer>(step, state.Task, s_step), finish);

    private static async Task<bool> RunAsync(TaskOrchestrationContext context, StepState state, Func<Task<StepAnswer>> step, string finish)
    {
        string? error = null;
        try
        {
            for (var i = 0; i < StepsInRound; i++)
            {
                var answer = await step();
                if (answer.IsDone)
                    return await FinishAsync(context, state, finish, null);
                state = state with { Failures = 0 };
                if (answer.WaitSeconds > 0)
                    await WaitAsync(context, context.CurrentUtcDateTime.AddSeconds(answer.WaitSeconds));
            }
        }
        catch (TaskFailedException e)
        {
            var failed = state with { Failures = state.Failures + 1, Count = state.Count + 1 };
            // Only domain errors have messages for users; others may contain addresses.
            error = e.FailureDetails.IsCausedBy<CloudreveException>() || e.FailureDetails.IsCausedBy<RetryLaterException>() ? e.FailureDetails.ErrorMessage : Interrupted;
            if (e.FailureDetails.IsCausedBy<CloudreveException>() || await SuspendAsync(context, failed, error) is not { } resume)
                return await FinishAsync(context, state, finish, error);
            state = failed;
            if (resume > context.CurrentUtcDateTime)
                await WaitAsync(context, resume);
        }
        context.ContinueAsNew(state);
        return error is null;
    }

    private static async Task<DateTime?> SuspendAsync(TaskOrchestrationContext context, StepState state, string error)
    {
        var input = new SuspendTaskInput(state.Task, state.Failures, state.Count, error);
        return (await context.CallActivityAsync<DateTimeOffset?>(StepActivities.SuspendTask, input, ImportRetry.Options))?.UtcDateTime;
    }

    private static async Task WaitAsync(TaskOrchestrationContext context, DateTime end)
    {
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(context.CreateTimer(end, enough.Token), context.WaitForExternalEvent<bool>(Wake, enough.Token));
        enough.Cancel();
    }

    private static async Task<bool> FinishAsync(TaskOrchestrationContext context, StepState state, string finish, string? error)
    {
        await context.CallActivityAsync<bool>(finish, new FinishTaskInput(state.Task, error), ImportRetry.Options);
        return error is null;
    }
}
