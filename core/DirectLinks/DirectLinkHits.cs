using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Caching;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.DirectLinks;

/// <summary>Counts how often links are followed: two transactions for each link that was followed within two seconds.</summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="clock">Waits.</param>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class DirectLinkHits(StorageLayout layout, TimeProvider clock, ILogger<DirectLinkHits> logger)
    : GatheredCounter<(long FileId, long LinkId)>(clock, logger)
{
    /// <summary>Counts one hit.</summary>
    /// <param name="link">The link.</param>
    public void Count(DirectLink link) => Count((link.FileId, link.Id));

    /// <inheritdoc/>
    protected override async Task AddAsync((long FileId, long LinkId) key, int count, CancellationToken cancellationToken)
    {
        var (partition, rowKey) = (DirectLink.OfFile(key.FileId), FileKeys.Id(key.LinkId));
        while (await layout.DirectLinks.FindAsync(partition, rowKey, cancellationToken) is { } row)
        {
            try
            {
                var total = (row.Number(DirectLink.HitsProperty) ?? 0) + count;
                await layout.DirectLinks.MergeAsync(new Row(partition, rowKey) { [DirectLink.HitsProperty] = total }, row.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another process counted, or the link was deleted.
            }
        }
    }
}
