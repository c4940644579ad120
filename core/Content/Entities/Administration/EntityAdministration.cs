using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Content.Entities.Administration;

/// <summary>Sort orders of a list of blobs.</summary>
public enum EntityOrder
{
    /// <summary>The id.</summary>
    Id,

    /// <summary>Bytes.</summary>
    Size,

    /// <summary>The time it was created.</summary>
    Created,

    /// <summary>Number of files that refer to it.</summary>
    References,
}

/// <summary>Selects the blobs of a list; null for all.</summary>
/// <param name="UserId">The user who created them.</param>
/// <param name="PolicyId">The storage policy that holds them.</param>
/// <param name="Type">Their role for their files.</param>
public sealed record EntityFilter(long? UserId = null, long? PolicyId = null, EntityType? Type = null);

/// <summary>A blob and the files that refer to it.</summary>
/// <param name="Entity">The blob.</param>
/// <param name="FileIds">The files.</param>
public sealed record ListedEntity(EntityRecord Entity, IReadOnlyList<long> FileIds);

/// <summary>Operations of administrators on the blobs behind files (contract, section 24).</summary>
/// <param name="lists">Their order.</param>
/// <param name="byId">Finds files by id.</param>
/// <param name="updates">Changes files.</param>
/// <param name="releases">Gives back what files give up.</param>
public sealed class EntityAdministration(
    StorageLayout layout, SiteLists lists, EntriesById byId, EntryUpdates updates, EntityReferences references, LinkReleases releases)
{
    /// <summary>
    /// A page of blobs. In order of id it costs what <see cref="NumberedRows"/> does, whatever the filter, and a transaction for each blob of
    /// the page. By size and time a transaction for each 1,000 blobs, by references one for each 1,000 blobs and references.
    /// </summary>
    /// <param name="filter">Selects the blobs.</param>
    /// <param name="mostSorted">Maximum number that may be sorted.</param>
    /// <exception cref="CloudreveException">40001: there are too many to be sorted.</exception>
    public async Task<NumberedItems<ListedEntity>> ListAsync(
        ListWindow page, EntityFilter filter, EntityOrder order, long mostSorted, CancellationToken cancellationToken = default)
    {
        var condition = SiteLists.All(
            filter.UserId is { } user ? SiteLists.Is(EntityColumns.CreatedBy, user) : null,
            filter.PolicyId is { } policy ? SiteLists.Is(EntityColumns.PolicyId, policy) : null,
            filter.Type is { } type ? $"{EntityColumns.Type} eq {(int)type}" : null);
        if (order == EntityOrder.Id)
        {
            var rows = await lists.Entities.ListAsync(page, condition, cancellationToken);
            return await WithReferencesAsync(rows.With<EntityRecord>([.. rows.Items.Select(Read)]), cancellationToken);
        }
        var found = await SortedRows.GatherAsync(lists.Entities.ScanAsync(condition, cancellationToken).Select(Read), mostSorted, cancellationToken);
        var counts = order == EntityOrder.References ? await CountReferencesAsync(cancellationToken) : [];
        var sorted = order switch
        {
            EntityOrder.Size => SortedRows.Take(found, page, entity => entity.Size, entity => entity.Id),
            EntityOrder.Created => SortedRows.Take(found, page, entity => entity.CreatedAt, entity => entity.Id),
            _ => SortedRows.Take(found, page, entity => counts.GetValueOrDefault(entity.Id), entity => entity.Id),
        };
        return await WithReferencesAsync(sorted, cancellationToken);
    }

    /// <summary>A blob. One transaction.</summary>
    /// <exception cref="CloudreveException">40077: there is none.</exception>
    public async Task<ListedEntity> GetAsync(long id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The blob does not exist.");

    /// <summary>
    /// Removes a blob from all files that refer to it as an older version, thumbnail or live photo; it is removed some minutes later. Some ten
    /// transactions for each file.
    /// </summary>
    /// <param name="cancellationToken">Cancels the calls; harmless to repeat.</param>
    /// <exception cref="CloudreveException">40077: there is none; 409: it is the content of a file, or is about to become it.</exception>
    public async Task DeleteAsync(long id, CancellationToken cancellationToken = default)
    {
        var entity = await GetAsync(id, cancellationToken);
        var files = new List<FileRecord>();
        foreach (var fileId in entity.FileIds)
        {
            if (await byId.FindAsync(fileId, cancellationToken) is { } file)
                files.Add(Check(file, id));
        }
        // No file is changed before it is known that all can do without the blob.
        foreach (var file in files)
            await TakeAsync(file, id, cancellationToken);
        var left = entity.FileIds.Except(files.Select(file => file.Id)).Select(fileId => new EntityReference(id, fileId)).ToList();
        if (left.Count > 0)
            await references.RemoveAsync(left, keepBlobs: false, cancellationToken);
    }

    private static FileRecord Check(FileRecord file, long id) => file.OtherEntities.Any(link => link.Id == id) && file.PrimaryEntityId != id
        ? file
        : throw new CloudreveException(ErrorCode.Conflict, "The blob is the content of a file. Delete the file instead.");

    private static EntityRecord Read(Row row) => EntityRecord.FromRow(row, FileKeys.ParseId(row.RowKey));

    private async Task TakeAsync(FileRecord file, long id, CancellationToken cancellationToken)
    {
        var links = file.OtherEntities.Where(link => link.Id == id).ToList();
        var note = await releases.NoteAsync(file.OwnerId, file.Id, links, cancellationToken);
        await updates.UpdateAsync(
            file,
            current => current.OtherEntities.Any(link => link.Id == id)
                ? Check(current, id) with { OtherEntities = [.. current.OtherEntities.Where(link => link.Id != id)] }
                : current,
            cancellationToken);
        await releases.ReleaseAsync(file.OwnerId, file.Id, links, cancellationToken);
        await releases.ForgetAsync(note, cancellationToken);
    }

    private async Task<ListedEntity?> FindAsync(long id, CancellationToken cancellationToken)
    {
        EntityRecord? entity = null;
        var files = new List<long>();
        await foreach (var row in layout.Entities.QueryAsync(EntityReferences.RangeOf(id), cancellationToken))
        {
            if (EntityReferences.IsEntity(row))
                entity = EntityRecord.FromRow(row, id);
            if (EntityReferences.ReferenceOf(row).FileId is var fileId and not 0)
                files.Add(fileId);
        }
        return entity is null ? null : new ListedEntity(entity, files);
    }

    private async Task<NumberedItems<ListedEntity>> WithReferencesAsync(NumberedItems<EntityRecord> entities, CancellationToken cancellationToken) =>
        entities.With<ListedEntity>(await SortedRows.ReadAsync(entities.Items, (entity, token) => FindAsync(entity.Id, token), cancellationToken));

    private async Task<Dictionary<long, int>> CountReferencesAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<long, int>();
        await foreach (var row in layout.Entities.ScanAsync(null, cancellationToken))
        {
            if (EntityReferences.ReferenceOf(row) is { FileId: not 0 } reference)
                counts[reference.EntityId] = counts.GetValueOrDefault(reference.EntityId) + 1;
        }
        return counts;
    }
}
