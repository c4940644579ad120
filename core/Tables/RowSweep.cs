using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Tables;

/// <summary>Removes rows that have served their time.</summary>
internal static class RowSweep
{
    /// <summary>Deletes rows in batches: one transaction for each 100 of a partition. Rows that are gone already do not matter.</summary>
    /// <param name="table">Where they are.</param>
    /// <param name="rows">The rows, those of one partition in a run.</param>
    /// <param name="most">At most how many are deleted.</param>
    /// <param name="cancellationToken">Cancels the sweep; harmless.</param>
    /// <returns>How many were deleted.</returns>
    public static async Task<int> DeleteAsync(Table table, IAsyncEnumerable<Row> rows, int most, CancellationToken cancellationToken)
    {
        var deleted = 0;
        TableBatch? batch = null;
        await foreach (var row in rows.Take(most).WithCancellation(cancellationToken))
        {
            if (batch is not null && (batch.Room == 0 || batch.PartitionKey != row.PartitionKey))
            {
                await SubmitAsync(table, batch, cancellationToken);
                batch = null;
            }
            batch ??= new TableBatch(row.PartitionKey);
            batch.Delete(row.RowKey, row.ETag);
            deleted++;
        }
        if (batch is not null)
            await SubmitAsync(table, batch, cancellationToken);
        return deleted;
    }

    private static async Task SubmitAsync(Table table, TableBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await table.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Another sweep was here, or a row came into use again: the next run looks anew.
        }
    }
}
