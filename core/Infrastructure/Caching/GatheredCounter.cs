using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Infrastructure.Caching;

/// <summary>
/// Counts events that many callers may cause at once. Nobody waits for it: the counts of two seconds are gathered and added to the stored numbers. A
/// process that is killed loses at most those two seconds (docs/decisions).
/// </summary>
/// <typeparam name="TKey">Names what is counted.</typeparam>
/// <param name="table">The table of the numbers.</param>
/// <param name="property">The property of a row that holds the number.</param>
/// <param name="logger">Hears of storage that fails.</param>
public abstract class GatheredCounter<TKey>(Table table, string property, TimeProvider clock, ILogger logger) : IAsyncDisposable
    where TKey : notnull
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _turn = new();
    private Dictionary<TKey, int> _gathered = [];
    private bool _isScheduled;

    /// <summary>Stores what has been gathered: two transactions for each number, more when others change its row at the same time.</summary>
    public async Task StoreAsync(CancellationToken cancellationToken = default)
    {
        foreach (var (key, count) in Take())
        {
            try
            {
                await AddAsync(key, count, cancellationToken);
            }
            catch (StorageException e)
            {
                // The next count tries again.
                logger.LogWarning(e, "What was counted could not be stored now");
                Gather(key, count);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StoreAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Counts one.</summary>
    protected void Count(TKey key)
    {
        Gather(key, 1);
        lock (_turn)
        {
            if (_isScheduled)
                return;
            _isScheduled = true;
        }
        // The background work must not keep the first request alive.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(StoreLaterAsync);
    }

    /// <summary>The row with the number; nothing is counted where there is none.</summary>
    /// <param name="key">The counted key.</param>
    protected abstract (string PartitionKey, string RowKey) RowOf(TKey key);

    private void Gather(TKey key, int count)
    {
        lock (_turn)
            _gathered[key] = _gathered.GetValueOrDefault(key) + count;
    }

    /// <summary>Takes the gathered counts; nothing adds to them any more.</summary>
    private Dictionary<TKey, int> Take()
    {
        lock (_turn)
        {
            var counts = _gathered;
            (_gathered, _isScheduled) = ([], false);
            return counts;
        }
    }

    private async Task AddAsync(TKey key, int count, CancellationToken cancellationToken)
    {
        var (partitionKey, rowKey) = RowOf(key);
        while (await table.FindAsync(partitionKey, rowKey, cancellationToken) is { } row)
        {
            try
            {
                var total = (row.Number(property) ?? 0) + count;
                await table.MergeAsync(new Row(partitionKey, rowKey) { [property] = total }, row.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another process counted, or the row was changed or deleted.
            }
        }
    }

    private async Task StoreLaterAsync()
    {
        await Task.Delay(Pause, clock);
        await StoreAsync();
    }
}
