using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.Shares;

/// <summary>The rows of share links.</summary>
/// <param name="layout">Where they are.</param>
public sealed class ShareStore(StorageLayout layout)
{
    /// <summary>Finds a link: one transaction; null when there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<Share?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Shares.FindAsync(Share.Partition(id), Share.RowKey, cancellationToken);
        return row is null ? null : Share.FromRow(row);
    }

    /// <summary>Writes a link: one transaction.</summary>
    /// <param name="share">The link.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task SaveAsync(Share share, CancellationToken cancellationToken = default) => layout.Shares.UpsertAsync(share.ToRow(), cancellationToken);

    /// <summary>Counts a download, and takes it from those that are left: two transactions, more when others download at the same time.</summary>
    /// <param name="id">The link.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">404: the link is gone, or others took the last download.</exception>
    public async Task CountDownloadAsync(long id, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var share = await FindAsync(id, cancellationToken);
            if (share is null || share.RemainingDownloads <= 0)
                throw new CloudreveException(ErrorCode.NotFound, "The share has ended.");
            try
            {
                var counted = share with { Downloads = share.Downloads + 1, RemainingDownloads = share.RemainingDownloads - 1 };
                await layout.Shares.ReplaceAsync(counted.ToRow(), share.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Somebody else counted, or its owner deleted it.
            }
        }
    }
}
