using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Entities;

/// <summary>Removes blobs that no file refers to any more, some time after they lost their last reference.</summary>
/// <param name="catalog">The policies that hold the blobs.</param>
/// <param name="texts">What full-text search knows of them.</param>
/// <param name="notes">Finds what is due, and postpones what fails.</param>
/// <param name="clock">Determines what is due.</param>
public sealed class EntityRecycler(
    StorageLayout layout, SiteCatalog catalog, PolicyContainers containers, FullTextRemoval texts, DueNotes notes, TimeProvider clock)
{
    private const string Kind = "recycle";
    private const int Writers = 4;
    private const int EntitiesPerPartition = 1000;

    /// <summary>Finds all notes, due or not.</summary>
    internal static readonly string NotesFilter = DueNotes.FilterOf(Kind);

    private static readonly TimeSpan s_blobDelay = TimeSpan.FromDays(1);

    // Addresses that were signed for downloads should live on until they expire in most cases.
    private static readonly TimeSpan Delay = TimeSpan.FromMinutes(15);

    /// <summary>Blobs of imports whose names are kept in memory; the rest waits for the next round.</summary>
    private const int SourcesInRound = 20_000;

    private readonly SourceErasure _sources = new(layout, catalog, containers, notes, clock);

    /// <summary>Notes entities that may have lost their last reference: one transaction for each 100 of a block of ids.</summary>
    /// <param name="keepBlobs">True if the blobs stay in their containers.</param>
    public async Task ScheduleAsync(IReadOnlyCollection<EntityRecord> entities, bool keepBlobs, CancellationToken cancellationToken = default)
    {
        var due = clock.GetUtcNow() + Delay;
        foreach (var (partition, chunk) in entities.GroupBy(PartitionOf).SelectMany(group => group.Chunk(AzureLimits.BatchOperations).Select(chunk => (group.Key, chunk))))
        {
            var batch = new TableBatch(partition);
            foreach (var entity in chunk)
            {
                batch.Upsert(new Row(partition, DueNotes.Key(due, FileKeys.Id(entity.Id)))
                {
                    [Columns.EntityId] = entity.Id,
                    [Columns.PolicyId] = entity.PolicyId,
                    [Columns.Source] = keepBlobs ? null : entity.Source,
                    [Columns.IsImported] = entity.IsImported ? true : null,
                    [Columns.SourceETag] = entity.SourceETag,
                });
            }
            await layout.Schedules.SubmitAsync(batch, cancellationToken);
        }
    }

    /// <summary>
    /// Notes blobs that are to go in a day unless their entities have them then: one transaction for each 100 of a block of ids. The entities stay.
    /// </summary>
    /// <param name="entities">Each entity with a blob that it may not have.</param>
    internal async Task ScheduleBlobsAsync(IReadOnlyCollection<EntityRecord> entities, CancellationToken cancellationToken)
    {
        var due = clock.GetUtcNow() + s_blobDelay;
        foreach (var (partition, chunk) in entities.GroupBy(PartitionOf).SelectMany(group => group.Chunk(AzureLimits.BatchOperations).Select(chunk => (group.Key, chunk))))
        {
            var batch = new TableBatch(partition);
            foreach (var entity in chunk)
            {
                batch.Upsert(new Row(partition, DueNotes.Key(due, $"{FileKeys.Id(entity.Id)}-{Guid.NewGuid():N}"))
                {
                    [Columns.EntityId] = entity.Id,
                    [Columns.PolicyId] = entity.PolicyId,
                    [Columns.Source] = entity.Source,
                    [Columns.IsOfBlob] = true,
                });
            }
            await layout.Schedules.SubmitAsync(batch, cancellationToken);
        }
    }

    /// <summary>The blob that a note is about, if it is of a blob and not of an entity.</summary>
    internal static string? BlobOf(Row note) => note.Flag(Columns.IsOfBlob) ? note.Text(Columns.Source) : null;

    /// <summary>Any blob that a note removes; null for none.</summary>
    internal static string? SourceOf(Row note) => note.Text(Columns.Source);

    /// <summary>
    /// Removes what is due: for each entity its row, if nobody refers to it, its blob, and the note. A note whose entity came
    /// into use again is dropped. Harmless to repeat; what fails is put off and does not stop the rest. Blobs of imports, which several entities
    /// may have, are looked at together.
    /// </summary>
    /// <param name="cancellationToken">Cancels the run between two entities.</param>
    /// <returns>The number of blobs removed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        var removed = 0;
        ConcurrentBag<ErasedSource> sources;
        do
        {
            sources = [];
            await notes.RunAsync(
                Kind,
                Writers,
                async (note, token) =>
                {
                    if (await RecycleAsync(note, sources, token))
                        Interlocked.Increment(ref removed);
                },
                cancellationToken);
            removed += await _sources.RunAsync(sources, cancellationToken);
        }
        while (sources.Count >= SourcesInRound);
        return removed;
    }

    // Bulk deletions release the entities of one block of ids together, and one batch notes them.
    private static string PartitionOf(EntityRecord entity) => DueNotes.PartitionOf(Kind, FileKeys.NextBlock(entity.Id) / EntitiesPerPartition);

    private async Task<bool> RecycleAsync(Row note, ConcurrentBag<ErasedSource> sources, CancellationToken cancellationToken)
    {
        if (note.Flag(Columns.IsImported) && sources.Count >= SourcesInRound)
            return false;
        var entityId = note.RequiredNumber(Columns.EntityId);
        var rows = (await layout.Entities.QueryPageAsync(EntityReferences.RangeOf(entityId), 2, null, cancellationToken)).Rows;
        if (note.Flag(Columns.IsOfBlob))
            return await RecycleBlobAsync(note, rows, cancellationToken);
        var entity = EntityReferences.IsUnused(rows) ? EntityRecord.FromRow(rows[0], entityId) : null;
        if (entity is not null && await TryFollowAsync(note, entity, cancellationToken))
            return false;
        if (rows.Count > 0 && !EntityReferences.IsUnused(rows))
        {
            await layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
            return false;
        }
        // A row that has changed meanwhile may be unused as before: the note stays for the next run. Without a row another run has got as far as the blob.
        if (rows.Count > 0 && !await TryDeleteRowAsync(rows[0], cancellationToken))
            return false;
        if (rows.Count == 0 || rows[0].Flag(EntityColumns.HasText))
            await texts.RemoveTextAsync(entityId, cancellationToken);
        var isRemoved = false;
        if (note.Text(Columns.Source) is { } source && await catalog.FindPolicyAsync((int)note.RequiredNumber(Columns.PolicyId), cancellationToken) is { } policy)
        {
            var container = containers.Get(policy);
            if (note.Flag(Columns.IsImported) || entity is { IsImported: true })
            {
                sources.Add(new ErasedSource(note, container, source, entity?.SourceETag ?? note.Text(Columns.SourceETag)));
                return false;
            }
            isRemoved = await container.DeleteAsync(source, cancellationToken);
        }
        await layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
        return isRemoved;
    }

    /// <summary>An entity that was given another blob after it was noted is noted anew, with that blob.</summary>
    private async Task<bool> TryFollowAsync(Row note, EntityRecord entity, CancellationToken cancellationToken)
    {
        if (note.Text(Columns.Source) is not { } source || (entity.Source == source && entity.PolicyId == note.RequiredNumber(Columns.PolicyId)))
            return false;
        await ScheduleAsync([entity], keepBlobs: false, cancellationToken);
        await layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
        return true;
    }

    private async Task<bool> RecycleBlobAsync(Row note, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var (policyId, source) = (note.RequiredNumber(Columns.PolicyId), note.RequiredText(Columns.Source));
        var isUsed = rows.Where(EntityReferences.IsEntity).Any(row => row.RequiredText(EntityColumns.Source) == source && row.RequiredNumber(EntityColumns.PolicyId) == policyId);
        var isRemoved = !isUsed && await DeleteBlobAsync(policyId, source, cancellationToken);
        await layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
        return isRemoved;
    }

    /// <summary>Removes the row of an entity, which another note of it may have removed meanwhile; false when the row has changed.</summary>
    private async Task<bool> TryDeleteRowAsync(Row entity, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Entities.DeleteAsync(entity.PartitionKey, entity.RowKey, entity.ETag, cancellationToken);
            return true;
        }
        catch (StorageChangedException)
        {
            return false;
        }
    }

    private async Task<bool> DeleteBlobAsync(long policyId, string source, CancellationToken cancellationToken) =>
        await catalog.FindPolicyAsync((int)policyId, cancellationToken) is { } policy
        && await containers.Get(policy).DeleteAsync(source, cancellationToken);

    private static class Columns
    {
        public const string EntityId = "id";
        public const string PolicyId = "p";
        public const string Source = "src";

        public const string IsImported = "imp";
        public const string SourceETag = "etag";

        /// <summary>Marks notes of blobs that their entities may not have.</summary>
        public const string IsOfBlob = "b";
    }
}
