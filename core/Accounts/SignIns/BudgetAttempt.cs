namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// An attempt that a client pays for if it fails. An attempt that is disposed of without a result has cost nothing, unless it was paid in advance.
/// </summary>
public sealed class BudgetAttempt : IDisposable
{
    private readonly Func<int, CancellationToken, Task> _payAsync;
    private readonly Action? _leave;
    private bool _isPaid;

    private BudgetAttempt(Func<int, CancellationToken, Task> payAsync, Action? leave) => (_payAsync, _leave) = (payAsync, leave);

    /// <summary>An attempt where there is no limit.</summary>
    internal static BudgetAttempt Unlimited() => new((_, _) => Task.CompletedTask, leave: null);

    /// <summary>An attempt that has cost nothing so far.</summary>
    /// <param name="payAsync">Charges the client, or gives back.</param>
    /// <param name="leave">Ends it.</param>
    internal static BudgetAttempt Free(Func<int, CancellationToken, Task> payAsync, Action leave) => new(payAsync, leave);

    /// <summary>An attempt that was paid in advance.</summary>
    /// <param name="payAsync">Charges the client, or gives back.</param>
    internal static BudgetAttempt Paid(Func<int, CancellationToken, Task> payAsync) => new(payAsync, leave: null) { _isPaid = true };

    /// <summary>Records the outcome. One transaction to charge a failure, or to refund an advance payment; none otherwise.</summary>
    /// <param name="isFailure">True if it failed.</param>
    public async Task EndAsync(bool isFailure, CancellationToken cancellationToken = default)
    {
        if (isFailure != _isPaid)
            await _payAsync(isFailure ? 1 : -1, cancellationToken);
        _isPaid = isFailure;
    }

    /// <inheritdoc/>
    public void Dispose() => _leave?.Invoke();
}
