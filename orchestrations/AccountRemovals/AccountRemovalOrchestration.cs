using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Orchestrations.Import;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.AccountRemovals;

/// <summary>
/// Removes an account. Each round removes a part and continues as new, so the history stays short whatever the size of the drive. A round
/// that fails is retried hours later; only after days does the task end with an error, and the account stays closed.
/// </summary>
public static class AccountRemovalOrchestration
{
    /// <summary>The orchestrator's name.</summary>
    public const string Name = "AccountRemovalOrchestration";

    /// <summary>Maximum number of consecutive rounds that may fail.</summary>
    public const int MaxFailures = 20;

    private const string Failed = "The account could not be removed completely. It stays closed; delete it again to go on.";

    private static readonly TimeSpan s_pause = TimeSpan.FromHours(4);

    // Abandoned writes of content are settled within minutes.
    private static readonly TimeSpan s_settlement = TimeSpan.FromMinutes(5);

    /// <summary>Runs one round.</summary>
    /// <param name="input">The progress so far.</param>
    /// <returns>True if the account is gone.</returns>
    [Function(Name)]
    public static async Task<bool> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AccountRemovalState input)
    {
        var removal = input.Removal;
        try
        {
            if (!await context.CallActivityAsync<bool>(AccountRemovalActivities.BeginAccountRemoval, removal, ImportRetry.Options))
            {
                await FinishAsync(context, removal, null);
                return true;
            }
            var isDone = await context.CallActivityAsync<bool>(AccountRemovalActivities.RemoveAccountData, input, ImportRetry.Options);
            if (isDone && input.IsLast)
            {
                await FinishAsync(context, removal, null);
                return true;
            }
            if (isDone)
                await context.CreateTimer(AccountRemoval.Grace, CancellationToken.None);
            else if (input.IsLast)
                await context.CreateTimer(s_settlement, CancellationToken.None);
            context.ContinueAsNew(input with { IsLast = isDone || input.IsLast, Failures = 0 });
        }
        catch (TaskFailedException)
        {
            if (input.Failures == MaxFailures)
            {
                await FinishAsync(context, removal, Failed);
                return false;
            }
            await context.CreateTimer(s_pause, CancellationToken.None);
            context.ContinueAsNew(input with { Failures = input.Failures + 1 });
        }
        return false;
    }

    private static Task<bool> FinishAsync(TaskOrchestrationContext context, AccountRemovalReference removal, string? error) =>
        context.CallActivityAsync<bool>(AccountRemovalActivities.FinishAccountRemoval, new FinishAccountRemovalInput(removal, error), ImportRetry.Options);
}
