using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Sharing.DirectLinks;

/// <summary>Counts the uses of links.</summary>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class DirectLinkHits(StorageLayout layout, TimeProvider clock, ILogger<DirectLinkHits> logger)
    : GatheredCounter<(long FileId, long LinkId)>(layout.DirectLinks, DirectLink.HitsProperty, clock, logger)
{
    /// <summary>Counts one hit.</summary>
    public void Count(DirectLink link) => Count((link.FileId, link.Id));

    /// <inheritdoc/>
    protected override (string PartitionKey, string RowKey) RowOf((long FileId, long LinkId) key) =>
        (DirectLink.OfFile(key.FileId), FileKeys.Id(key.LinkId));
}
