using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Caching;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Shares;

/// <summary>Counts how often links are looked at: two transactions for each link that was looked at within two seconds.</summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="clock">Waits.</param>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class ShareVisits(StorageLayout layout, TimeProvider clock, ILogger<ShareVisits> logger)
    : GatheredCounter<(long OwnerId, long ShareId)>(clock, logger)
{
    /// <summary>Counts one visit.</summary>
    /// <param name="share">The link.</param>
    public void Count(Share share) => Count((share.OwnerId, share.Id));

    /// <inheritdoc/>
    protected override async Task AddAsync((long OwnerId, long ShareId) key, int count, CancellationToken cancellationToken)
    {
        var (partition, rowKey) = (Share.Partition(key.OwnerId), FileKeys.Id(key.ShareId));
        while (await layout.Shares.FindAsync(partition, rowKey, cancellationToken) is { } row)
        {
            try
            {
                var total = (row.Number(Share.VisitsProperty) ?? 0) + count;
                await layout.Shares.MergeAsync(new Row(partition, rowKey) { [Share.VisitsProperty] = total }, row.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another process counted, or the link was changed or deleted.
            }
        }
    }
}
