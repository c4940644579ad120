using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Entities;

/// <summary>The role of a blob for its file (contract, section 9).</summary>
public enum EntityType
{
    /// <summary>A version of the content.</summary>
    Version = 0,

    /// <summary>A thumbnail.</summary>
    Thumbnail = 1,

    /// <summary>The motion part of a live photo.</summary>
    LivePhoto = 2,
}

/// <summary>
/// A blob behind one or more files. Its content never changes. Each file that refers to it is noted once: the one that created
/// it in this row, copies of that file in rows of their own.
/// </summary>
public sealed record EntityRecord
{
    /// <summary>The id.</summary>
    public required long Id { get; init; }

    /// <summary>Version, thumbnail or live photo.</summary>
    public EntityType Type { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The storage policy that holds the blob.</summary>
    public required long PolicyId { get; init; }

    /// <summary>The blob's name in the policy's container.</summary>
    public required string Source { get; init; }

    /// <summary>The file that created it; 0 once that file no longer refers to it.</summary>
    public long FileId { get; init; }

    /// <summary>The user who brought it.</summary>
    public required long CreatedBy { get; init; }

    /// <summary>The time it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>True when the blob was there before the drive referred to it (import).</summary>
    public bool IsImported { get; init; }

    /// <summary>
    /// The version of an imported blob that this entity is, by the blob's ETag; null for blobs that the drive itself wrote. A blob that
    /// is overwritten in place becomes another entity.
    /// </summary>
    public string? SourceETag { get; init; }

    /// <summary>
    /// For a blob that arrived by itself: the bytes that its arrival adds to what its owner is charged, that is its size without that
    /// of the version before. Null for others.
    /// </summary>
    public long? ArrivalCharge { get; init; }

    /// <summary>For a version that a mirror brought: the bytes of the version whose place it took. Null for others.</summary>
    public long? ReplacedSize { get; init; }

    /// <summary>The entity whose place an arrived version took in its file; 0 for none.</summary>
    public long ReplacedId { get; init; }

    /// <summary>The thumbnail of the entity whose place an arrived version took; 0 for none.</summary>
    public long ReplacedThumbnailId { get; init; }

    /// <summary>The encryption of the blob, as JSON that the encryption layer reads; null for plain blobs.</summary>
    public string? Encryption { get; init; }

    /// <summary>True if the text of the content is kept for full-text search: it goes with the blob.</summary>
    public bool HasText { get; init; }

    /// <summary>The task that wrote it, by which a repeated step recognizes its work; 0 for others.</summary>
    public long TaskId { get; init; }

    internal static EntityRecord FromRow(Row row, long id) => new()
    {
        Id = id,
        Type = (EntityType)row.RequiredNumber(EntityColumns.Type),
        Size = row.RequiredNumber(EntityColumns.Size),
        PolicyId = row.RequiredNumber(EntityColumns.PolicyId),
        Source = row.RequiredText(EntityColumns.Source),
        FileId = row.Number(EntityColumns.FileId) ?? 0,
        CreatedBy = row.RequiredNumber(EntityColumns.CreatedBy),
        CreatedAt = row.Time(EntityColumns.CreatedAt) ?? default,
        IsImported = row.Flag(EntityColumns.IsImported),
        SourceETag = row.Text(EntityColumns.SourceETag),
        ArrivalCharge = row.Number(EntityColumns.ArrivalCharge),
        ReplacedSize = row.Number(EntityColumns.ReplacedSize),
        ReplacedId = row.Number(EntityColumns.ReplacedId) ?? 0,
        ReplacedThumbnailId = row.Number(EntityColumns.ReplacedThumbnailId) ?? 0,
        Encryption = row.Text(EntityColumns.Encryption),
        HasText = row.Flag(EntityColumns.HasText),
        TaskId = row.Number(EntityColumns.TaskId) ?? 0,
    };

    internal Row ToRow() => new(FileKeys.IdBlock(Id), FileKeys.Id(Id))
    {
        [EntityColumns.Type] = (int)Type,
        [EntityColumns.Size] = Size,
        [EntityColumns.PolicyId] = PolicyId,
        [EntityColumns.Source] = Source,
        [EntityColumns.FileId] = FileId == 0 ? null : FileId,
        [EntityColumns.CreatedBy] = CreatedBy,
        [EntityColumns.CreatedAt] = CreatedAt,
        [EntityColumns.IsImported] = IsImported ? true : null,
        [EntityColumns.SourceETag] = SourceETag,
        [EntityColumns.ArrivalCharge] = ArrivalCharge,
        [EntityColumns.ReplacedSize] = ReplacedSize,
        [EntityColumns.ReplacedId] = ReplacedId == 0 ? null : ReplacedId,
        [EntityColumns.ReplacedThumbnailId] = ReplacedThumbnailId == 0 ? null : ReplacedThumbnailId,
        [EntityColumns.Encryption] = Encryption,
        [EntityColumns.HasText] = HasText ? true : null,
        [EntityColumns.TaskId] = TaskId == 0 ? null : TaskId,
    };
}

/// <summary>The rows of entities.</summary>
public sealed class EntityStore(StorageLayout layout)
{
    /// <summary>Reads an entity: one transaction; null when it does not exist.</summary>
    public async Task<EntityRecord?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Entities.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        return row is null ? null : EntityRecord.FromRow(row, id);
    }

    /// <summary>Reads several entities: one transaction for each block of 1,000 ids they are in. Those that do not exist are left out.</summary>
    public async Task<IReadOnlyDictionary<long, EntityRecord>> FindAsync(IEnumerable<long> ids, CancellationToken cancellationToken = default)
    {
        var wanted = ids.Where(id => id != 0).ToHashSet();
        var found = new Dictionary<long, EntityRecord>(wanted.Count);
        foreach (var block in wanted.GroupBy(FileKeys.IdBlock))
        {
            var range = new RowRange(block.Key, FileKeys.Id(block.Min()), FileKeys.Id(block.Max() + 1));
            await foreach (var row in layout.Entities.QueryAsync(range, cancellationToken))
            {
                if (EntityReferences.IsEntity(row) && FileKeys.ParseId(row.RowKey) is var id && wanted.Contains(id))
                    found[id] = EntityRecord.FromRow(row, id);
            }
        }
        return found;
    }

    /// <summary>Writes entities whose ids nobody else has, one transaction for each 100 of a block of ids. Harmless to repeat.</summary>
    /// <param name="entities">The entities, in order of id.</param>
    public Task WriteNewAsync(IReadOnlyList<EntityRecord> entities, CancellationToken cancellationToken = default) =>
        IdRows.UpsertAsync(layout.Entities, entities.Select(e => e.ToRow()), cancellationToken);

    /// <summary>Writes an entity unless it exists: one transaction. A late writer does not restore an entity's first state.</summary>
    public async Task AddAsync(EntityRecord entity, CancellationToken cancellationToken = default)
    {
        try
        {
            await layout.Entities.InsertAsync(entity.ToRow(), cancellationToken);
        }
        catch (StorageExistsException)
        {
            // An earlier try wrote it.
        }
    }

    /// <summary>Writes entities unless they exist, one transaction for each 100 of a block of ids. A late writer does not restore an entity's first state.</summary>
    /// <param name="entities">The entities, in order of id.</param>
    internal Task AddAsync(IEnumerable<EntityRecord> entities, CancellationToken cancellationToken) =>
        IdRows.InsertAsync(layout.Entities, entities.Select(e => e.ToRow()), cancellationToken);

    /// <summary>
    /// Writes entities whose ids nobody else has, unless they exist: one transaction for each 100 of a block of ids, two more where some exist. A
    /// late writer restores nothing.
    /// </summary>
    /// <param name="entities">The entities, in order of id.</param>
    /// <returns>The ids of those that exist and took another version's place or belong to another file: false; or to none any more: true.</returns>
    internal async Task<IReadOnlyDictionary<long, bool>> AddNewAsync(IReadOnlyList<EntityRecord> entities, CancellationToken cancellationToken)
    {
        var existing = await IdRows.InsertMissingAsync(layout.Entities, entities.Select(e => e.ToRow()), cancellationToken);
        if (existing.Count == 0)
            return new Dictionary<long, bool>();
        var wanted = entities.ToDictionary(e => e.Id, PlaceOf);
        return existing.Select(row => EntityRecord.FromRow(row, FileKeys.ParseId(row.RowKey)))
            .Where(entity => PlaceOf(entity) != wanted[entity.Id]).ToDictionary(entity => entity.Id, entity => entity.FileId == 0);
    }

    private static (long, long, long?, long) PlaceOf(EntityRecord entity) =>
        (entity.FileId, entity.ReplacedId, entity.ReplacedSize, entity.ReplacedThumbnailId);

    /// <summary>Records the file that a new entity belongs to from now on: one transaction.</summary>
    /// <param name="id">The entity, which nobody refers to yet.</param>
    /// <param name="fileId">The file, which refers to it.</param>
    /// <returns>False when the entity has been removed meanwhile.</returns>
    public Task<bool> AdoptAsync(long id, long fileId, CancellationToken cancellationToken = default) =>
        TryMergeAsync(new Row(FileKeys.IdBlock(id), FileKeys.Id(id)) { [EntityColumns.FileId] = fileId }, cancellationToken);

    /// <summary>Records that the text of an entity is kept: one transaction.</summary>
    /// <param name="id">The entity.</param>
    /// <returns>False when the entity has been removed meanwhile.</returns>
    public Task<bool> NoteTextAsync(long id, CancellationToken cancellationToken = default) =>
        TryMergeAsync(new Row(FileKeys.IdBlock(id), FileKeys.Id(id)) { [EntityColumns.HasText] = true }, cancellationToken);

    /// <summary>
    /// Points an entity to another blob of the same content, unless it has got one since it was read: two transactions, two more for each rival.
    /// </summary>
    /// <param name="entity">The entity as it was read.</param>
    /// <param name="policyId">The policy of the other blob, which is the drive's own.</param>
    /// <param name="source">Its name.</param>
    /// <returns>False when the entity is gone or has another blob.</returns>
    public async Task<bool> TryMoveAsync(EntityRecord entity, int policyId, string source, CancellationToken cancellationToken = default)
    {
        while (await layout.Entities.FindAsync(FileKeys.IdBlock(entity.Id), FileKeys.Id(entity.Id), cancellationToken) is { } row)
        {
            var current = EntityRecord.FromRow(row, entity.Id);
            // An earlier try may have got as far.
            if (current.PolicyId == policyId && current.Source == source)
                return true;
            if (current.PolicyId != entity.PolicyId || current.Source != entity.Source)
                return false;
            try
            {
                var moved = current with { PolicyId = policyId, Source = source, IsImported = false, SourceETag = null };
                await layout.Entities.ReplaceAsync(moved.ToRow(), row.ETag, cancellationToken);
                return true;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Its references changed, or the answer of a first try was lost.
            }
        }
        return false;
    }

    /// <summary>Takes back new entities that no file refers to: one transaction for each 100 of a block of ids.</summary>
    /// <param name="entityIds">The entities.</param>
    public Task DiscardAsync(IReadOnlyList<long> entityIds, CancellationToken cancellationToken = default) =>
        IdRows.DeleteAsync(layout.Entities, entityIds, cancellationToken);

    /// <summary>Entities of a run of ids: one transaction for each block of 1,000 ids.</summary>
    /// <param name="ids">The run of ids.</param>
    internal IAsyncEnumerable<EntityRecord> ReadAsync(IdRange ids, CancellationToken cancellationToken = default) =>
        IdRows.ReadAsync(layout.Entities, ids, cancellationToken)
            .Where(EntityReferences.IsEntity)
            .Select(row => EntityRecord.FromRow(row, FileKeys.ParseId(row.RowKey)));

    /// <summary>
    /// Removes entities of a run of ids that were never put to use: one transaction for each block of ids, and one for each 100 that are removed.
    /// Those that a file has released go with the recycler, and those that copies refer to stay.
    /// </summary>
    /// <param name="ids">The run of ids, which nobody writes any more.</param>
    /// <param name="inUse">The ids of the run that files refer to.</param>
    /// <param name="files">Files that were put to use: one that has just given up its entity is about to release it.</param>
    internal async Task SweepAsync(IdRange ids, IReadOnlySet<long> inUse, IReadOnlySet<long> files, CancellationToken cancellationToken = default)
    {
        var rows = await IdRows.ReadAsync(layout.Entities, ids, cancellationToken).ToListAsync(cancellationToken);
        var copied = rows.Where(row => !EntityReferences.IsEntity(row)).Select(row => EntityReferences.ReferenceOf(row).EntityId).ToHashSet();
        var unused = rows.Where(row => EntityReferences.IsEntity(row) && row.Number(EntityColumns.FileId) is { } file && !files.Contains(file))
            .Where(row => FileKeys.ParseId(row.RowKey) is var id && !inUse.Contains(id) && !copied.Contains(id));
        await RowSweep.DeleteAsync(layout.Entities, unused.ToAsyncEnumerable(), int.MaxValue, cancellationToken);
    }

    private async Task<bool> TryMergeAsync(Row change, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Entities.MergeAsync(change, "*", cancellationToken);
            return true;
        }
        catch (StorageNotFoundException)
        {
            return false;
        }
    }
}
