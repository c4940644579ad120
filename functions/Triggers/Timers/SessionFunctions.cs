using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Content.Viewers;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Maintenance of sign-ins: renews the keys that sign tokens, and removes expired rows.</summary>
internal sealed class SessionFunctions(TokenKeys keys, SessionSweep sweep, ClientBudgets budgets, ViewerSessions viewers, TimedSweep timed)
{
    /// <summary>Renews the keys that sign tokens.</summary>
    [Function("RenewTokenKeys")]
    public Task RenewTokenKeysAsync([TimerTrigger("0 5 2 * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        keys.MaintainAsync(cancellationToken);

    /// <summary>Removes sign-in sessions that have expired.</summary>
    [Function("SweepSessions")]
    public Task SweepSessionsAsync([TimerTrigger("0 50 3 * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        timed.RunAsync(sweep.RunAsync, cancellationToken);

    /// <summary>Removes the budgets of windows that have ended: a client that changes addresses leaves many such rows.</summary>
    [Function("SweepClientBudgets")]
    public Task SweepClientBudgetsAsync([TimerTrigger("0 37 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        timed.RunAsync(budgets.SweepAsync, cancellationToken);

    /// <summary>Removes sessions of viewers that have expired. They are harmless and only take room, so every six hours is enough.</summary>
    [Function("SweepViewerSessions")]
    public Task SweepViewerSessionsAsync([TimerTrigger("0 17 */6 * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        timed.RunAsync((_, token) => viewers.SweepAsync(token), cancellationToken);
}
