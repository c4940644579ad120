using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Writes many rows that are partitioned by blocks of ids.</summary>
internal static class IdRows
{
    private const int Writers = 4;

    /// <summary>Upserts rows in batches of up to 100, one transaction each; several at once.</summary>
    /// <param name="table">The target table.</param>
    /// <param name="rows">Rows in order of id, so that each block is one run.</param>
    public static Task UpsertAsync(Table table, IEnumerable<Row> rows, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            Batch(rows, static (batch, row) => batch.Upsert(row)), Writers, (batch, token) => table.SubmitAsync(batch, token), cancellationToken);

    /// <summary>
    /// Inserts rows of ids that nobody else has in batches of up to 100, one transaction each; several at once. A late try changes no row that is there.
    /// </summary>
    /// <param name="table">The target table.</param>
    /// <param name="rows">Rows in order of id, so that each block is one run.</param>
    public static Task InsertAsync(Table table, IEnumerable<Row> rows, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            Batch(rows, static (batch, row) => batch.Insert(row)),
            Writers,
            async (batch, token) =>
            {
                try
                {
                    await table.SubmitAsync(batch, token);
                }
                catch (StorageExistsException)
                {
                    // The response to a first try was lost; a batch takes effect as a whole.
                }
            },
            cancellationToken);

    /// <summary>
    /// Inserts the rows of ids that nobody else has and that do not exist yet, in batches of up to 100: one transaction each, two more where some exist.
    /// </summary>
    /// <param name="table">The target table.</param>
    /// <param name="rows">Rows in order of id, so that each block is one run.</param>
    /// <returns>The rows that exist, as they are stored.</returns>
    public static async Task<IReadOnlyCollection<Row>> InsertMissingAsync(Table table, IEnumerable<Row> rows, CancellationToken cancellationToken)
    {
        var existing = new ConcurrentBag<Row>();
        await BoundedParallel.ForEachAsync(
            rows.GroupBy(row => row.PartitionKey).SelectMany(block => block.Chunk(AzureLimits.BatchOperations)),
            Writers,
            (chunk, token) => InsertMissingAsync(table, chunk, existing, token),
            cancellationToken);
        return existing;
    }

    private static async Task InsertMissingAsync(Table table, Row[] rows, ConcurrentBag<Row> existing, CancellationToken cancellationToken)
    {
        while (rows.Length > 0)
        {
            var batch = new TableBatch(rows[0].PartitionKey);
            foreach (var row in rows)
                batch.Insert(row);
            try
            {
                await table.SubmitAsync(batch, cancellationToken);
                return;
            }
            catch (StorageExistsException)
            {
                var wanted = rows.ToDictionary(row => row.RowKey);
                var range = new RowRange(rows[0].PartitionKey, rows[0].RowKey, RowRange.After(rows[^1].RowKey));
                await foreach (var row in table.QueryAsync(range, cancellationToken))
                {
                    if (wanted.Remove(row.RowKey))
                        existing.Add(row);
                }
                rows = [.. rows.Where(row => wanted.ContainsKey(row.RowKey))];
            }
        }
    }

    /// <summary>The rows of a run of ids that exist: one transaction for each block of 1,000 ids.</summary>
    /// <param name="ids">The run.</param>
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

    /// <summary>
    /// Deletes the rows of ids: one transaction for each 100 of a block of 1,000 ids, and one for each row where one of them was missing.
    /// </summary>
    public static Task DeleteAsync(Table table, IEnumerable<long> ids, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            ids.GroupBy(FileKeys.IdBlock).SelectMany(block => block.Chunk(AzureLimits.BatchOperations)),
            Writers,
            (chunk, token) => DeleteChunkAsync(table, chunk, token),
            cancellationToken);

    private static async Task DeleteChunkAsync(Table table, long[] ids, CancellationToken cancellationToken)
    {
        var partition = FileKeys.IdBlock(ids[0]);
        if (ids.Length > 1)
        {
            var batch = new TableBatch(partition);
            foreach (var id in ids)
                batch.Delete(FileKeys.Id(id));
            try
            {
                await table.SubmitAsync(batch, cancellationToken);
                return;
            }
            catch (StorageNotFoundException)
            {
                // Some are gone already.
            }
        }
        foreach (var id in ids)
            await table.DeleteAsync(partition, FileKeys.Id(id), cancellationToken: cancellationToken);
    }

    private static IEnumerable<TableBatch> Batch(IEnumerable<Row> rows, Action<TableBatch, Row> add)
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
            add(batch, row);
        }
        if (batch is not null)
            yield return batch;
    }
}
