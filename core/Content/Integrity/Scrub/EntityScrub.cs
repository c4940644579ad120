using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>
/// Finds entities that nobody refers to, and those whose blob is gone. The first go to the recycler; a blob that is lost cannot be repaired.
/// </summary>
internal sealed class EntityScrub(StorageLayout layout, SiteCatalog catalog, PolicyContainers containers, EntityRecycler recycler)
{
    private const int Readers = 8;

    /// <summary>Looks through entities: one transaction for each, another for one that has no blob.</summary>
    /// <param name="start">The position to start from.</param>
    /// <returns>The position at which the next run begins.</returns>
    public async Task<string> CheckAsync(ScrubRun run, string start, CancellationToken cancellationToken)
    {
        var scan = new PagedScan(layout.Entities, null, start, run.Most);
        await foreach (var rows in scan.ReadAsync(cancellationToken))
        {
            var groups = rows.GroupBy(row => EntityReferences.ReferenceOf(row).EntityId).ToList();
            run.Report.Look(groups.Count);
            await BoundedParallel.ForEachAsync(
                groups,
                Readers,
                (group, token) => CheckAsync(run, group.Key, [.. group], token),
                cancellationToken);
        }
        return scan.Next;
    }

    private async Task CheckAsync(ScrubRun run, long id, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        if (rows.FirstOrDefault(EntityReferences.IsEntity) is not { } row || row.Timestamp >= run.Before)
            return;
        var entity = EntityRecord.FromRow(row, id);
        if (EntityReferences.IsUnused(rows))
        {
            // The recycler looks again before it removes anything. Blobs of others stay.
            if (run.Repairs)
                await recycler.ScheduleAsync([entity], keepBlobs: entity.IsImported, cancellationToken);
            run.Report.Find($"No file refers to the entity {id}.", run.Repairs);
        }
        else if (await ContainerOfAsync(entity, cancellationToken) is { } container && await container.FindAsync(entity.Source, cancellationToken) is null
            && await layout.Entities.FindAsync(row.PartitionKey, row.RowKey, cancellationToken) is { } again && again.ETag == row.ETag)
        {
            run.Report.Find(
                entity.IsImported
                    ? $"The imported blob {entity.Source} of the entity {id} no longer exists."
                    : $"The blob {entity.Source} of the entity {id} does not exist.",
                isRepaired: false);
        }
    }

    private async Task<BlobContainer?> ContainerOfAsync(EntityRecord entity, CancellationToken cancellationToken) =>
        await catalog.FindPolicyAsync((int)entity.PolicyId, cancellationToken) is { Driver: StorageDriver.AzureBlob } policy ? containers.Get(policy) : null;
}
