namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>A process's knowledge of an area's budget.</summary>
internal sealed class BudgetTally
{
    // Maximum number of attempts in progress that were not charged in advance: few, since each process allows as many.
    private const int MaxFree = 4;

    private readonly Lock _turn = new();
    private int _free;
    private BudgetRecord? _record;

    /// <summary>Number of attempts in progress that were not charged in advance.</summary>
    public int Free => Volatile.Read(ref _free);

    /// <summary>Serializes the writers of this process, since they share the row's ETag.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The ETag of the row as it was last seen; null for none. Only for the holder of the turn.</summary>
    public string? ETag { get; private set; }

    /// <summary>The record of the current window; null if none is known.</summary>
    public BudgetRecord? Current(BudgetLimit limit, DateTimeOffset now) =>
        Volatile.Read(ref _record) is { } record && now < record.Since + limit.Window ? record : null;

    /// <summary>Checks whether a client has used up its budget, as far as this process knows.</summary>
    public bool IsSpent(ClientAddress client, BudgetLimit limit, DateTimeOffset now) =>
        Current(limit, now) is { } record && limit.IsSpent(record, client);

    /// <summary>Begins an attempt that need not be counted first: there are few of them, and enough is left for all.</summary>
    /// <returns>True if there was room for it.</returns>
    public bool TryEnter(ClientAddress client, BudgetLimit limit, DateTimeOffset now)
    {
        lock (_turn)
        {
            if (_free >= MaxFree || limit.IsSpent(Current(limit, now) ?? BudgetRecord.Begin(now), client, _free))
                return false;
            _free++;
            return true;
        }
    }

    /// <summary>Ends an attempt that was not counted first.</summary>
    public void Leave()
    {
        lock (_turn)
            _free--;
    }

    /// <summary>Caches the row that was read or written. Only for the holder of the turn.</summary>
    /// <param name="record">The record; null for no row.</param>
    /// <param name="etag">The row's ETag; null for no row.</param>
    public void Keep(BudgetRecord? record, string? etag)
    {
        ETag = etag;
        Volatile.Write(ref _record, record);
    }
}
