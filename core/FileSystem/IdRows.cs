using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Ids;

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

    /// <summary>The rows of a run of ids that exist: one transaction for each block of 1,000 ids.</summary>
    /// <param name="table">Where they are.</param>
    /// <param name="ids">The run.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public static async IAsyncEnumerable<Row> ReadAsync(
        Table table, IdRange ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var end = ids.First + ids.Count;
        for (var first = ids.First; first < end; first = FileKeys.NextBlock(first))
        {
            var range = new RowRange(FileKeys.IdBlock(first), FileKeys.Id(first), FileKeys.Id(Math.Min(end, FileKeys.NextBlock(first))));
            await foreach (var row in table.QueryAsync(range, cancellationToken))
                yield return row;
        }
    }

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
