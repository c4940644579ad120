using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// Limits what a client does across accounts, in all processes together. The networks of an IPv6 area (/48) have
/// <see cref="BudgetLimit.AreaFactor"/> times the budget of one, so that changing between them helps little. A process writes when
/// something is spent and remembers clients that have used up their budgets, so attempts that succeed, and those that are refused, cost no
/// transaction. Several processes may together let a few more attempts through than the limit: those in progress when it was reached.
/// </summary>
/// <param name="layout">The storage of budgets, a row for each area and budget.</param>
/// <param name="settings">The limits that the site grants.</param>
/// <param name="clock">Determines when a window ends.</param>
public sealed class ClientBudgets(StorageLayout layout, SettingStore settings, TimeProvider clock)
{
    private const int MaxKept = 50_000;

    private readonly Lock _turn = new();
    private readonly BoundedCache<(ClientBudget Budget, string Area), BudgetTally> _tallies = new(MaxKept, clock);

    /// <summary>
    /// Charges a client for what it is about to do. One transaction, two more for each process that came in between; none for a budget that
    /// each process keeps for itself.
    /// </summary>
    /// <exception cref="CloudreveException">429: its budget is used up, which costs no transaction.</exception>
    public async Task SpendAsync(ClientBudget budget, ClientAddress client, CancellationToken cancellationToken = default)
    {
        if (await FindLimitAsync(budget, cancellationToken) is not { } limit)
            return;
        var tally = TallyOf(budget, client, limit);
        if (!await ChargeAsync(new Charge(budget, client, tally, 1), cancellationToken))
            throw Refuse(limit, client, tally);
    }

    /// <summary>Begins an attempt as <see cref="BeginAsync"/> does; null when the client's budget is used up.</summary>
    internal async ValueTask<BudgetAttempt?> TryBeginAsync(ClientBudget budget, ClientAddress client, CancellationToken cancellationToken)
    {
        if (await FindLimitAsync(budget, cancellationToken) is not { } limit)
            return BudgetAttempt.Unlimited();
        var tally = TallyOf(budget, client, limit);
        if (tally.TryEnter(client, limit, clock.GetUtcNow()))
            return BudgetAttempt.Free(PayAsync, tally.Leave);
        return await ChargeAsync(new Charge(budget, client, tally, 1) { IsInAdvance = true }, cancellationToken) ? BudgetAttempt.Paid(PayAsync) : null;

        Task PayAsync(int count, CancellationToken token) => ChargeAsync(new Charge(budget, client, tally, count), token);
    }

    /// <summary>
    /// Begins an attempt that a client pays for if it fails. No transaction, unless many attempts of the client are in progress in this process:
    /// those are paid in advance, and refunded if they succeed.
    /// </summary>
    /// <exception cref="CloudreveException">429: the client's budget is used up, which costs no transaction.</exception>
    public async ValueTask<BudgetAttempt> BeginAsync(ClientBudget budget, ClientAddress client, CancellationToken cancellationToken = default) =>
        await TryBeginAsync(budget, client, cancellationToken) ?? throw await RefuseAsync(budget, client, cancellationToken);

    /// <summary>The error for a client that has used up its budget.</summary>
    internal async Task<CloudreveException> RefuseAsync(ClientBudget budget, ClientAddress client, CancellationToken cancellationToken)
    {
        var limit = await FindLimitAsync(budget, cancellationToken) ?? BudgetLimit.Of(budget);
        return Refuse(limit, client, TallyOf(budget, client, limit));
    }

    /// <summary>Removes rows of windows that have ended: one transaction for each 1,000 clients, and one for each that is removed.</summary>
    /// <param name="maxRows">Maximum number that is removed; the rest is left to the next run.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The number removed.</returns>
    public Task<int> SweepAsync(int maxRows, CancellationToken cancellationToken = default)
    {
        var now = StoredTime.InCondition(clock.GetUtcNow());
        var ended = layout.Users.ScanAsync($"{BudgetRecord.PartitionCondition} and {SessionSweep.ExpiresAt} lt {now}", cancellationToken);
        return RowSweep.DeleteAsync(layout.Users, ended, maxRows, cancellationToken, RowSweep.Lanes);
    }

    private async ValueTask<BudgetLimit?> FindLimitAsync(ClientBudget budget, CancellationToken cancellationToken) =>
        BudgetLimit.Of(budget).Scale((await settings.GetAsync(cancellationToken)).Get(AccountSetting.ClientBudgetPercent));

    private CloudreveException Refuse(BudgetLimit limit, ClientAddress client, BudgetTally tally)
    {
        var now = clock.GetUtcNow();
        return tally.Current(limit, now) is { } record && limit.IsSpent(record, client)
            ? limit.Refuse(record.Since + limit.Window - now)
            : new CloudreveException(ErrorCode.TooManyRequests, "Too many attempts at once. Try again in a moment.");
    }

    private BudgetTally TallyOf(ClientBudget budget, ClientAddress client, BudgetLimit limit)
    {
        lock (_turn)
        {
            if (_tallies.Find((budget, client.Area)) is { } known)
                return known;
            var tally = new BudgetTally();
            _tallies.Keep((budget, client.Area), tally, clock.GetUtcNow() + limit.Window);
            return tally;
        }
    }

    /// <summary>Charges or refunds a client; false when its budget is used up.</summary>
    private async Task<bool> ChargeAsync(Charge charge, CancellationToken cancellationToken)
    {
        if (await FindLimitAsync(charge.Budget, cancellationToken) is not { } limit)
            return true;
        var (client, tally) = (charge.Client, charge.Tally);
        // A client that has used up its budget does not wait for a turn, however many such requests there are.
        if (charge.Count > 0 && tally.IsSpent(client, limit, clock.GetUtcNow()))
            return false;
        await tally.Turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var now = clock.GetUtcNow();
                var known = tally.Current(limit, now) ?? BudgetRecord.Begin(now);
                if (charge.Count > 0 && limit.IsSpent(known, client, charge.IsInAdvance ? tally.Free : 0))
                    return false;
                if (await TryWriteAsync(tally, known.Add(client, charge.Count), client, limit, cancellationToken))
                {
                    // The window may end later than the cached one.
                    _tallies.Keep((charge.Budget, client.Area), tally, known.Since + limit.Window);
                    return true;
                }
            }
        }
        finally
        {
            tally.Turn.Release();
        }
    }

    private async Task<bool> TryWriteAsync(BudgetTally tally, BudgetRecord next, ClientAddress client, BudgetLimit limit, CancellationToken cancellationToken)
    {
        if (limit.IsLocal)
        {
            tally.Keep(next, etag: null);
            return true;
        }
        var row = next.Describe(client, limit);
        try
        {
            tally.Keep(next, tally.ETag is { } etag
                ? await layout.Users.ReplaceAsync(row, etag, cancellationToken)
                : await layout.Users.InsertAsync(row, cancellationToken));
            return true;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            // Another process counted in between, or the sweep has removed the row.
            var current = await layout.Users.FindAsync(row.PartitionKey, row.RowKey, cancellationToken);
            tally.Keep(current is null ? null : BudgetRecord.Read(current), current?.ETag);
            return false;
        }
    }

    /// <summary>A charge against a client's budget.</summary>
    /// <param name="Budget">From which budget.</param>
    /// <param name="Tally">The tally of its area.</param>
    /// <param name="Count">The amount; negative for a refund.</param>
    private readonly record struct Charge(ClientBudget Budget, ClientAddress Client, BudgetTally Tally, int Count)
    {
        /// <summary>True if attempts whose charge is decided later count as well.</summary>
        public bool IsInAdvance { get; init; }
    }
}
