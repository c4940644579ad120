using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Sharing;

/// <summary>Counts the views of links.</summary>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class ShareVisits(StorageLayout layout, TimeProvider clock, ILogger<ShareVisits> logger)
    : GatheredCounter<(long OwnerId, long ShareId)>(layout.Shares, Share.VisitsProperty, clock, logger)
{
    /// <summary>Counts one visit.</summary>
    public void Count(Share share) => Count((share.OwnerId, share.Id));

    /// <inheritdoc/>
    protected override (string PartitionKey, string RowKey) RowOf((long OwnerId, long ShareId) key) =>
        (Share.Partition(key.OwnerId), FileKeys.Id(key.ShareId));
}
