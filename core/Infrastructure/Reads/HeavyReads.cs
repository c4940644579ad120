using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Infrastructure.Reads;

/// <summary>
/// Bounds what searches and other walks through whole trees take of a process, so that light requests find it free: a limited number of their
/// reads run at once. The account with the fewest of them is next, so an account gets all places only while no other one wants them.
/// </summary>
public sealed class HeavyReads
{
    private const int PageSize = 1_000;

    private readonly int _most;
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Account> _accounts = [];
    private readonly List<Account> _waiting = [];
    private readonly WaitingReads _pages;
    private int _running;

    /// <summary>Bounds reads by the number of processors: a page takes one some milliseconds, and storage some more.</summary>
    public HeavyReads()
        : this(Math.Max(4, 2 * Environment.ProcessorCount))
    {
    }

    internal HeavyReads(int most) => (_most, _pages) = (most, new WaitingReads(this));

    /// <summary>Runs a read when it is the account's turn.</summary>
    /// <param name="accountId">The caller; for anonymous callers the user whom they ask.</param>
    /// <typeparam name="T">What is read.</typeparam>
    public async Task<T> RunAsync<T>(long accountId, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        var turn = new ReadTurn();
        Ask(turn, accountId);
        return await RunAsync(turn, read, cancellationToken);
    }

    /// <summary>
    /// Reads a page of rows when it is the account's turn. Callers that want the same page meanwhile, of whatever account, share the read.
    /// </summary>
    /// <param name="accountId">The user who asks.</param>
    /// <param name="continuation">The end of the previous page; null for the first.</param>
    public Task<RowPage> ReadPageAsync(long accountId, Table table, RowRange range, string? continuation, CancellationToken cancellationToken) =>
        ReadPageAsync(accountId, table, range, continuation, budget: null, cancellationToken);

    /// <summary>Reads a page of rows when it is the account's turn, if that comes soon enough. A read that need not wait begins in any case.</summary>
    /// <param name="accountId">The user who asks.</param>
    /// <param name="continuation">The end of the previous page; null for the first.</param>
    /// <param name="budget">Bounds the time to wait; null for no limit.</param>
    /// <exception cref="CloudreveException">429 when the budget is spent.</exception>
    internal Task<RowPage> ReadPageAsync(
        long accountId, Table table, RowRange range, string? continuation, TurnBudget? budget, CancellationToken cancellationToken) =>
        _pages.ReadAsync(
            new WaitingReads.Key(table.Name, range, continuation),
            accountId,
            budget,
            token => table.QueryPageAsync(range, PageSize, continuation, token),
            cancellationToken);

    /// <summary>Reads a range of rows, each page when it is the account's turn.</summary>
    /// <param name="accountId">The user who asks.</param>
    public async IAsyncEnumerable<Row> QueryAsync(
        long accountId, Table table, RowRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? continuation = null;
        do
        {
            var page = await ReadPageAsync(accountId, table, range, continuation, cancellationToken);
            foreach (var row in page.Rows)
                yield return row;
            continuation = page.ContinuationToken;
        }
        while (continuation is not null);
    }

    /// <summary>Queues a read for an account, unless there is a free place. A read may be queued for several.</summary>
    /// <param name="turn">The read.</param>
    internal void Ask(ReadTurn turn, long accountId)
    {
        lock (_lock)
        {
            if (!_accounts.TryGetValue(accountId, out var account))
                _accounts[accountId] = account = new Account(accountId);
            if (_running < _most)
            {
                if (turn.TryGrant(accountId))
                    Start(account);
                Forget(accountId);
                return;
            }
            account.Waiting.Enqueue(turn);
            if (account.Waiting.Count == 1)
                _waiting.Add(account);
        }
    }

    /// <summary>Runs a queued read when its turn has come.</summary>
    /// <param name="turn">The read.</param>
    internal async Task<T> RunAsync<T>(ReadTurn turn, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        var paying = await turn.WaitAsync(cancellationToken);
        try
        {
            return await read();
        }
        finally
        {
            Leave(paying);
        }
    }

    private void Leave(long accountId)
    {
        lock (_lock)
        {
            _running--;
            var account = _accounts[accountId];
            account.Running--;
            // Of several accounts with as few reads, the one that was served last comes last.
            if (_waiting.Remove(account))
                _waiting.Add(account);
            while (_running < _most && _waiting.MinBy(waiting => waiting.Running) is { } next)
                Serve(next);
            Forget(accountId);
        }
    }

    private void Serve(Account account)
    {
        _waiting.Remove(account);
        while (account.Waiting.TryDequeue(out var turn))
        {
            // Callers that have left meanwhile get nothing, and a read that another account's turn has begun needs no second one.
            if (!turn.TryGrant(account.Id))
                continue;
            Start(account);
            break;
        }
        if (account.Waiting.Count > 0)
            _waiting.Add(account);
        else
            Forget(account.Id);
    }

    private void Start(Account account)
    {
        account.Running++;
        _running++;
    }

    private void Forget(long accountId)
    {
        if (_accounts.TryGetValue(accountId, out var account) && account is { Running: 0, Waiting.Count: 0 })
            _accounts.Remove(accountId);
    }

    private sealed class Account(long id)
    {
        public long Id => id;

        public int Running { get; set; }

        public Queue<ReadTurn> Waiting { get; } = new();
    }
}
