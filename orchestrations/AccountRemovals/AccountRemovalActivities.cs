using Cloudreve.Core.Accounts.Removal;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.AccountRemovals;

/// <summary>The steps of removing an account. Each may be repeated.</summary>
/// <param name="removal">Does the work.</param>
/// <param name="guard">Logs what fails.</param>
public sealed class AccountRemovalActivities(AccountRemoval removal, ActivityGuard guard)
{
    /// <summary>Name of <see cref="BeginAsync"/>.</summary>
    public const string BeginAccountRemoval = "BeginAccountRemoval";

    /// <summary>Name of <see cref="RunAsync"/>.</summary>
    public const string RemoveAccountData = "RemoveAccountData";

    /// <summary>Name of <see cref="FinishAsync"/>.</summary>
    public const string FinishAccountRemoval = "FinishAccountRemoval";

    /// <summary>Moves the task from queued to processing; false when the account is gone.</summary>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(BeginAccountRemoval)]
    public Task<bool> BeginAsync([ActivityTrigger] AccountRemovalReference reference, CancellationToken cancellationToken) =>
        guard.RunAsync(BeginAccountRemoval, reference.TaskId, () => removal.BeginAsync(reference, cancellationToken));

    /// <summary>Removes a part of the account's data; true when nothing is left.</summary>
    /// <param name="state">The progress of the removal.</param>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(RemoveAccountData)]
    public Task<bool> RunAsync([ActivityTrigger] AccountRemovalState state, CancellationToken cancellationToken) =>
        guard.RunAsync(RemoveAccountData, state.Removal.TaskId, () => removal.RunAsync(state.Removal, state.IsLast, cancellationToken));

    /// <summary>Removes the account and ends the task.</summary>
    /// <param name="input">The outcome.</param>
    /// <param name="cancellationToken">Fires when the process stops.</param>
    [Function(FinishAccountRemoval)]
    public Task<bool> FinishAsync([ActivityTrigger] FinishAccountRemovalInput input, CancellationToken cancellationToken) =>
        guard.RunAsync(FinishAccountRemoval, input.Removal.TaskId, async () =>
        {
            await removal.FinishAsync(input.Removal, input.Error, cancellationToken);
            return true;
        });
}
