using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Content.Entities;

/// <summary>The totals of a storage policy.</summary>
/// <param name="Count">Blobs, thumbnails included.</param>
/// <param name="Size">Their bytes.</param>
public readonly record struct EntityTotals(long Count, long Size);

/// <summary>
/// Counts the blobs of storage policies. No count is kept, since each upload would pay for it, so the service scans
/// the whole table: a transaction for each 1,000 blobs that are found, and one for each part of the table that it scans without
/// finding that many. For administrators only.
/// </summary>
public sealed class EntityCensus(StorageLayout layout)
{
    /// <summary>Counts the blobs of a policy.</summary>
    public async Task<EntityTotals> CountAsync(int policyId, CancellationToken cancellationToken = default)
    {
        var (count, size) = (0L, 0L);
        await foreach (var row in layout.Entities.ScanAsync(ConditionOf(policyId), cancellationToken))
        {
            count++;
            size += row.RequiredNumber(EntityColumns.Size);
        }
        return new EntityTotals(count, size);
    }

    /// <summary>Checks whether a policy holds any blobs. One transaction when the first part of the table has one.</summary>
    public ValueTask<bool> ExistsAsync(int policyId, CancellationToken cancellationToken = default) =>
        layout.Entities.ScanAsync(ConditionOf(policyId), cancellationToken).AnyAsync(cancellationToken);

    // Rows of references have no policy.
    private static string ConditionOf(int policyId) => SiteLists.Is(EntityColumns.PolicyId, policyId);
}
