using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Infrastructure.Reads;

/// <summary>
/// Lets callers that want the same page while its read waits for its turn share that read: many searches of one tree then cost little more
/// than one, whichever accounts they are of. Nobody joins a read that has begun, so no result is older than its request: newcomers wait for the
/// next one, which begins once that has ended. Each caller checks which rows its user may see.
/// </summary>
/// <param name="heavy">The turns of heavy reads.</param>
internal sealed class WaitingReads(HeavyReads heavy)
{
    private readonly Dictionary<Key, SharedRead> _waiting = [];
    private readonly Dictionary<Key, SharedRead> _running = [];

    /// <summary>Reads a page, or joins the callers that wait for it. It begins at the first turn of any of them.</summary>
    /// <param name="key">The page.</param>
    /// <param name="accountId">The user who asks.</param>
    /// <param name="budget">Bounds the time to wait for turns; null for no limit.</param>
    /// <param name="cancellationToken">Ends this caller's waiting; the read itself ends when all callers have left.</param>
    /// <exception cref="CloudreveException">429 when the budget is spent.</exception>
    public async Task<RowPage> ReadAsync(
        Key key, long accountId, TurnBudget? budget, Func<CancellationToken, Task<RowPage>> read, CancellationToken cancellationToken)
    {
        var shared = Join(key, accountId, read);
        try
        {
            if (budget is not null)
                await budget.WaitAsync(shared.Turn, cancellationToken);
            using var running = budget?.Run();
            return await shared.Page.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(key, shared);
        }
    }

    private SharedRead Join(Key key, long accountId, Func<CancellationToken, Task<RowPage>> read)
    {
        SharedRead? shared;
        bool asks;
        lock (_waiting)
        {
            if (!_waiting.TryGetValue(key, out shared))
            {
                shared = new SharedRead { IsHeld = _running.ContainsKey(key) };
                shared.Page = RunAsync(key, shared, read);
                _waiting[key] = shared;
            }
            shared.Readers++;
            asks = shared.Accounts.Add(accountId) && !shared.IsHeld;
        }
        if (asks)
            heavy.Ask(shared.Turn, accountId);
        return shared;
    }

    private Task<RowPage> RunAsync(Key key, SharedRead shared, Func<CancellationToken, Task<RowPage>> read) => heavy.RunAsync(
        shared.Turn,
        async () =>
        {
            Begin(key, shared);
            try
            {
                return await read(shared.Abandoned.Token);
            }
            finally
            {
                End(key, shared);
            }
        },
        shared.Abandoned.Token);

    /// <summary>Closes the read: nobody joins any more.</summary>
    private void Begin(Key key, SharedRead shared)
    {
        lock (_waiting)
        {
            Close(key, shared);
            _running[key] = shared;
        }
    }

    /// <summary>Lets callers continue that came too late to join.</summary>
    private void End(Key key, SharedRead shared)
    {
        SharedRead? next;
        long[] accounts = [];
        lock (_waiting)
        {
            if (_running.GetValueOrDefault(key) == shared)
                _running.Remove(key);
            if (_waiting.TryGetValue(key, out next) && next.IsHeld)
            {
                next.IsHeld = false;
                accounts = [.. next.Accounts];
            }
        }
        foreach (var account in accounts)
            heavy.Ask(next!.Turn, account);
    }

    private void Close(Key key, SharedRead shared)
    {
        if (_waiting.GetValueOrDefault(key) == shared)
            _waiting.Remove(key);
    }

    private void Leave(Key key, SharedRead shared)
    {
        lock (_waiting)
        {
            if (--shared.Readers > 0)
                return;
            Close(key, shared);
        }
        // The last caller to leave cancels a read that nobody waits for.
        if (!shared.Page.IsCompleted)
            shared.Abandoned.Cancel();
    }

    /// <summary>A page.</summary>
    /// <param name="Table">The table's name.</param>
    /// <param name="Range">The rows.</param>
    /// <param name="Continuation">The token from which it begins; null for the first.</param>
    internal sealed record Key(string Table, RowRange Range, string? Continuation);

    private sealed class SharedRead
    {
        public int Readers { get; set; }

        public HashSet<long> Accounts { get; } = [];

        /// <summary>True if the read waits for another read of the same page to end before it asks for a turn.</summary>
        public bool IsHeld { get; set; }

        public ReadTurn Turn { get; } = new();

        public Task<RowPage> Page { get; set; } = null!;

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
