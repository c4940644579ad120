using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Entities;

/// <summary>A reference from a file to an entity.</summary>
internal readonly record struct EntityReference(long EntityId, long FileId);

/// <summary>
/// References of files to entities. A reference is a fact, not a count, so adding or removing it twice changes nothing. The file that created an
/// entity is noted in the entity's own row, every other file in a row <c>entity|file</c> beside it.
/// </summary>
/// <remarks>
/// An entity without references is removed in two steps: its row first, on the condition that it is the version that was seen
/// without references, and then its blob. Adding a reference touches the entity's row in the same batch, so it either
/// prevents the removal or finds the row gone.
/// </remarks>
/// <param name="schedule">The schedule for entities that may have lost their last reference.</param>
public sealed class EntityReferences(StorageLayout layout, EntityRecycler schedule)
{
    private const char Separator = '|';
    private const int PairsPerBatch = AzureLimits.BatchOperations / 2;
    private const int Writers = 4;

    /// <summary>Checks whether a row of the table is an entity and not a reference to one.</summary>
    internal static bool IsEntity(Row row) => !row.RowKey.Contains(Separator, StringComparison.Ordinal);

    /// <summary>
    /// Adds references: one transaction for each 50 entities of one block of 1,000 ids. References of files whose entity is
    /// gone are not added. Harmless to repeat.
    /// </summary>
    /// <returns>The entities that do not exist any more.</returns>
    internal async Task<IReadOnlySet<long>> AddAsync(IReadOnlyCollection<EntityReference> references, CancellationToken cancellationToken = default)
    {
        var missing = new HashSet<long>();
        await BoundedParallel.ForEachAsync(
            references.GroupBy(r => FileKeys.IdBlock(r.EntityId)).SelectMany(block => Chunk(block)),
            Writers,
            (chunk, token) => AddChunkAsync(chunk, missing, token),
            cancellationToken);
        return missing;
    }

    /// <summary>
    /// Removes references: three transactions for each block of 1,000 ids, and one more for each 100 references. Blobs that
    /// nobody refers to afterwards are removed later. Harmless to repeat.
    /// </summary>
    /// <param name="keepBlobs">True if the blobs stay in their containers (<c>unlink</c>; contract, section 12).</param>
    internal Task RemoveAsync(IReadOnlyCollection<EntityReference> references, bool keepBlobs, CancellationToken cancellationToken = default) =>
        BoundedParallel.ForEachAsync(
            references.GroupBy(r => FileKeys.IdBlock(r.EntityId)),
            Writers,
            (block, token) => RemoveFromBlockAsync([.. block], keepBlobs, token),
            cancellationToken);

    /// <summary>Checks whether a file is recorded as a reference to an entity: one transaction.</summary>
    /// <param name="reference">The file and the entity.</param>
    internal async Task<bool> ExistsAsync(EntityReference reference, CancellationToken cancellationToken = default)
    {
        await foreach (var row in layout.Entities.QueryAsync(RangeOf(reference.EntityId), cancellationToken))
        {
            if (FileIdOf(row) == reference.FileId)
                return true;
        }
        return false;
    }

    /// <summary>
    /// The reference that a row of the table notes; the file is 0 in an entity's row when the file that created it no longer refers to it.
    /// </summary>
    internal static EntityReference ReferenceOf(Row row) => new(EntityIdOf(row), FileIdOf(row));

    /// <summary>The files that refer to an entity, by all rows with its id.</summary>
    internal static IEnumerable<long> FilesOf(IEnumerable<Row> rows) => rows.Select(FileIdOf).Where(id => id != 0).Distinct();

    /// <summary>Checks whether an entity is unreferenced, by all rows with its id; false for one that does not exist.</summary>
    internal static bool IsUnused(IReadOnlyCollection<Row> rows) => rows.Count == 1 && IsEntity(rows.First()) && rows.First().Number(EntityColumns.FileId) is null;

    /// <summary>The rows of an entity: its own and its references.</summary>
    internal static RowRange RangeOf(long entityId) =>
        new(FileKeys.IdBlock(entityId), FileKeys.Id(entityId), $"{FileKeys.Id(entityId)}{(char)(Separator + 1)}");

    private async Task AddChunkAsync(List<EntityReference> chunk, HashSet<long> missing, CancellationToken cancellationToken)
    {
        while (chunk.Count > 0)
        {
            var partition = FileKeys.IdBlock(chunk[0].EntityId);
            var batch = new TableBatch(partition);
            foreach (var (entityId, touched) in chunk.GroupBy(r => r.EntityId).Select(g => (g.Key, g)))
            {
                batch.Merge(new Row(partition, FileKeys.Id(entityId)));
                foreach (var reference in touched)
                    batch.Upsert(new Row(partition, KeyOf(reference)));
            }
            try
            {
                await layout.Entities.SubmitAsync(batch, cancellationToken);
                return;
            }
            catch (StorageNotFoundException)
            {
                chunk = await KeepExistingAsync(chunk, missing, cancellationToken);
            }
        }
    }

    private async Task<List<EntityReference>> KeepExistingAsync(
        List<EntityReference> chunk, HashSet<long> missing, CancellationToken cancellationToken)
    {
        var existing = new HashSet<long>();
        await foreach (var row in layout.Entities.QueryAsync(RangeOf(chunk), cancellationToken))
        {
            if (IsEntity(row))
                existing.Add(FileKeys.ParseId(row.RowKey));
        }
        lock (missing)
            missing.UnionWith(chunk.Select(r => r.EntityId).Where(id => !existing.Contains(id)));
        return [.. chunk.Where(r => existing.Contains(r.EntityId))];
    }

    private async Task RemoveFromBlockAsync(List<EntityReference> references, bool keepBlobs, CancellationToken cancellationToken)
    {
        while (true)
        {
            var rows = new List<Row>();
            await foreach (var row in layout.Entities.QueryAsync(RangeOf(references), cancellationToken))
                rows.Add(row);
            var removed = references.ToHashSet();
            var byEntity = rows.GroupBy(EntityIdOf).ToDictionary(g => g.Key, g => g.ToList());
            var released = references.Select(r => r.EntityId).Distinct().Where(byEntity.ContainsKey)
                .Select(id => byEntity[id]).Where(all => all.TrueForAll(row => IsRemoved(row, removed))).Select(all => all[0])
                .Where(IsEntity).Select(row => EntityRecord.FromRow(row, FileKeys.ParseId(row.RowKey))).ToList();
            // First the note that the blob may be removed, then the change: a crash in between leaves a note that proves wrong.
            await schedule.ScheduleAsync(released, keepBlobs, cancellationToken);
            if (await TryRemoveRowsAsync(rows.Where(row => IsRemoved(row, removed) && (!IsEntity(row) || row.Number(EntityColumns.FileId) is not null)), cancellationToken))
                return;
        }
    }

    private async Task<bool> TryRemoveRowsAsync(IEnumerable<Row> rows, CancellationToken cancellationToken)
    {
        foreach (var chunk in rows.Chunk(AzureLimits.BatchOperations))
        {
            var batch = new TableBatch(chunk[0].PartitionKey);
            foreach (var row in chunk)
            {
                if (IsEntity(row))
                    batch.Replace((EntityRecord.FromRow(row, FileKeys.ParseId(row.RowKey)) with { FileId = 0 }).ToRow(), row.ETag);
                else
                    batch.Delete(row.RowKey, row.ETag);
            }
            try
            {
                await layout.Entities.SubmitAsync(batch, cancellationToken);
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsRemoved(Row row, HashSet<EntityReference> removed) =>
        removed.Contains(new EntityReference(EntityIdOf(row), FileIdOf(row))) || (IsEntity(row) && row.Number(EntityColumns.FileId) is null);

    private static long EntityIdOf(Row row) =>
        FileKeys.ParseId(IsEntity(row) ? row.RowKey : row.RowKey[..row.RowKey.IndexOf(Separator, StringComparison.Ordinal)]);

    private static long FileIdOf(Row row) =>
        IsEntity(row) ? row.Number(EntityColumns.FileId) ?? 0 : FileKeys.ParseId(row.RowKey[(row.RowKey.IndexOf(Separator, StringComparison.Ordinal) + 1)..]);

    private static RowRange RangeOf(List<EntityReference> references) => new(
        FileKeys.IdBlock(references[0].EntityId),
        FileKeys.Id(references.Min(r => r.EntityId)),
        FileKeys.Id(references.Max(r => r.EntityId) + 1));

    private static string KeyOf(EntityReference reference) =>
        string.Create(CultureInfo.InvariantCulture, $"{FileKeys.Id(reference.EntityId)}{Separator}{FileKeys.Id(reference.FileId)}");

    private static IEnumerable<List<EntityReference>> Chunk(IEnumerable<EntityReference> references)
    {
        foreach (var chunk in references.OrderBy(r => r.EntityId).Chunk(PairsPerBatch))
            yield return [.. chunk];
    }
}
