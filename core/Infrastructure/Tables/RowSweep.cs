using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>Removes rows that have expired.</summary>
internal static class RowSweep
{
    /// <summary>Number of batches that are deleted at a time where much may have accumulated: some thousand rows a second.</summary>
    public const int Lanes = 8;

    /// <summary>Deletes rows in batches: one transaction for each 100 of a partition. Rows that are gone already do not matter.</summary>
    /// <param name="rows">The rows, those of one partition in a run.</param>
    /// <param name="most">At most how many are deleted.</param>
    /// <param name="cancellationToken">Cancels the sweep; harmless.</param>
    /// <param name="lanes">Number of batches that are deleted at a time.</param>
    /// <returns>The number deleted.</returns>
    public static async Task<int> DeleteAsync(Table table, IAsyncEnumerable<Row> rows, int most, CancellationToken cancellationToken, int lanes = 1)
    {
        var deleted = 0;
        await BoundedParallel.ForEachAsync(
            BatchesOfAsync(rows.Take(most)),
            lanes,
            async (batch, token) => Interlocked.Add(ref deleted, await DeleteAsync(table, batch, token)),
            cancellationToken);
        return deleted;
    }

    private static async IAsyncEnumerable<List<Row>> BatchesOfAsync(IAsyncEnumerable<Row> rows)
    {
        var gathered = new List<Row>();
        await foreach (var row in rows)
        {
            if (gathered.Count == AzureLimits.BatchOperations || (gathered.Count > 0 && gathered[0].PartitionKey != row.PartitionKey))
            {
                yield return gathered;
                gathered = [];
            }
            gathered.Add(row);
        }
        if (gathered.Count > 0)
            yield return gathered;
    }

    private static async Task<int> DeleteAsync(Table table, List<Row> rows, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(rows[0].PartitionKey);
        foreach (var row in rows)
            batch.Delete(row.RowKey, row.ETag);
        try
        {
            await table.SubmitAsync(batch, cancellationToken);
            return rows.Count;
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            return await DeleteSinglyAsync(table, rows, cancellationToken);
        }
    }

    /// <summary>One row that another sweep removed, or that is in use again, fails a whole batch; the others still have to be removed.</summary>
    private static async Task<int> DeleteSinglyAsync(Table table, List<Row> rows, CancellationToken cancellationToken)
    {
        var deleted = 0;
        foreach (var row in rows)
        {
            try
            {
                if (await table.DeleteAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken))
                    deleted++;
            }
            catch (StorageChangedException)
            {
                // In use again.
            }
        }
        return deleted;
    }
}
