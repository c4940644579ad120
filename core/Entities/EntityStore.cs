using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Entities;

/// <summary>What a blob is to its file (contract, section 9).</summary>
public enum EntityType
{
    /// <summary>A version of the content.</summary>
    Version = 0,

    /// <summary>A thumbnail.</summary>
    Thumbnail = 1,

    /// <summary>The motion part of a live photo.</summary>
    LivePhoto = 2,
}

/// <summary>A blob behind one or more files. Its content never changes; who refers to it is counted.</summary>
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

    /// <summary>How many files refer to it.</summary>
    public int ReferenceCount { get; init; } = 1;

    /// <summary>The user who brought it.</summary>
    public required long CreatedBy { get; init; }

    /// <summary>When it was brought.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>True when the blob was there before the drive referred to it (import).</summary>
    public bool IsImported { get; init; }
}

/// <summary>The rows of entities.</summary>
/// <param name="layout">Where the rows are.</param>
public sealed class EntityStore(StorageLayout layout)
{
    /// <summary>Reads an entity: one transaction; null when it does not exist.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<EntityRecord?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Entities.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        return row is null
            ? null
            : new EntityRecord
            {
                Id = id,
                Type = (EntityType)row.RequiredNumber("t"),
                Size = row.RequiredNumber("s"),
                PolicyId = row.RequiredNumber("p"),
                Source = row.RequiredText("src"),
                ReferenceCount = (int)row.RequiredNumber("r"),
                CreatedBy = row.RequiredNumber("by"),
                CreatedAt = row.Time("c") ?? default,
                IsImported = row.Flag("imp"),
            };
    }

    /// <summary>Writes entities whose ids nobody else has, one transaction for each 100 of a block of ids. Harmless to repeat.</summary>
    /// <param name="entities">The entities, in order of id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task WriteNewAsync(IReadOnlyList<EntityRecord> entities, CancellationToken cancellationToken = default) =>
        IdRows.UpsertAsync(layout.Entities, entities.Select(ToRow), cancellationToken);

    /// <summary>Notes the new size of an imported blob that its owner has overwritten: one transaction.</summary>
    /// <param name="id">The entity.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task ResizeAsync(long id, long size, CancellationToken cancellationToken = default) =>
        layout.Entities.MergeAsync(new Row(FileKeys.IdBlock(id), FileKeys.Id(id)) { ["s"] = size }, "*", cancellationToken);

    /// <summary>Takes back new entities that no file refers to: one transaction each.</summary>
    /// <param name="entityIds">The entities.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task DiscardAsync(IReadOnlyList<long> entityIds, CancellationToken cancellationToken = default)
    {
        foreach (var id in entityIds)
            await layout.Entities.DeleteAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken: cancellationToken);
    }

    /// <summary>Removes entities of a run of ids that no file refers to: one transaction for each block of ids, and one for each that is removed.</summary>
    /// <param name="ids">The run of ids, which nobody writes any more.</param>
    /// <param name="inUse">The ids of the run that files refer to.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task SweepAsync(IdRange ids, IReadOnlySet<long> inUse, CancellationToken cancellationToken = default)
    {
        await foreach (var row in IdRows.ReadAsync(layout.Entities, ids, cancellationToken))
        {
            if (!inUse.Contains(FileKeys.ParseId(row.RowKey)))
                await layout.Entities.DeleteAsync(row.PartitionKey, row.RowKey, row.ETag, cancellationToken);
        }
    }

    private static Row ToRow(EntityRecord entity) => new(FileKeys.IdBlock(entity.Id), FileKeys.Id(entity.Id))
    {
        ["t"] = (int)entity.Type,
        ["s"] = entity.Size,
        ["p"] = entity.PolicyId,
        ["src"] = entity.Source,
        ["r"] = entity.ReferenceCount,
        ["by"] = entity.CreatedBy,
        ["c"] = entity.CreatedAt,
        ["imp"] = entity.IsImported ? true : null,
    };
}
