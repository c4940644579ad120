using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>Bulk writes of rows that are partitioned by blocks of ids.</summary>
internal static class IdRows
{
    private const int Writers = 4;

    /// <summary>Upserts rows in batches of up to 100, one transaction each; several at once.</summary>
    /// <param name="table">Where to.</param>
    /// <param name="rows">Rows in order of id, so that each block is one run.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public static Task UpsertAsync(Table table, IEnumerable<Row> rows, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            Batch(rows),
            new ParallelOptions { MaxDegreeOfParallelism = Writers, CancellationToken = cancellationToken },
            async (batch, token) => await table.SubmitAsync(batch, token));

    private static IEnumerable<TableBatch> Batch(IEnumerable<Row> rows)
    {
        TableBatch? batch = null;
        foreach (var row in rows)
        {
            if (batch is not null && (batch.Room == 0 || batch.PartitionKey != row.PartitionKey))
            {
                yield return batch;
                batch = null;
            }
            batch ??= new TableBatch(row.PartitionKey);
            batch.Upsert(row);
        }
        if (batch is not null)
            yield return batch;
    }
}
