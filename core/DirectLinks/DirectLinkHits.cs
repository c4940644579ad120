using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.DirectLinks;

/// <summary>
/// Counts how often links are followed. Nobody waits for it: hits of two seconds are gathered and added to the stored numbers,
/// two transactions for each link that was followed. A process that is killed loses at most those two seconds
/// (docs/decisions).
/// </summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="clock">Waits.</param>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class DirectLinkHits(StorageLayout layout, TimeProvider clock, ILogger<DirectLinkHits> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private ConcurrentDictionary<(long FileId, long LinkId), int> _gathered = new();
    private int _isScheduled;

    /// <summary>Counts one hit.</summary>
    /// <param name="link">The link.</param>
    public void Count(DirectLink link)
    {
        Volatile.Read(ref _gathered).AddOrUpdate((link.FileId, link.Id), 1, static (_, n) => n + 1);
        if (Interlocked.Exchange(ref _isScheduled, 1) == 1)
            return;
        // The request whose hit came first must not live on in the background.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(StoreLaterAsync);
    }

    /// <summary>Stores what has been gathered.</summary>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task StoreAsync(CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _isScheduled, 0);
        var hits = Interlocked.Exchange(ref _gathered, new());
        foreach (var ((fileId, linkId), count) in hits)
        {
            try
            {
                await AddAsync(fileId, linkId, count, cancellationToken);
            }
            catch (StorageException e)
            {
                // The next hit of any link tries again.
                logger.LogWarning(e, "Hits of direct links could not be stored now");
                Volatile.Read(ref _gathered).AddOrUpdate((fileId, linkId), count, (_, n) => n + count);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StoreAsync();

    private async Task StoreLaterAsync()
    {
        await Task.Delay(Pause, clock);
        await StoreAsync();
    }

    private async Task AddAsync(long fileId, long linkId, int count, CancellationToken cancellationToken)
    {
        var (partition, key) = (DirectLink.OfFile(fileId), FileKeys.Id(linkId));
        while (await layout.DirectLinks.FindAsync(partition, key, cancellationToken) is { } row)
        {
            try
            {
                var total = (row.Number(DirectLink.HitsProperty) ?? 0) + count;
                await layout.DirectLinks.MergeAsync(new Row(partition, key) { [DirectLink.HitsProperty] = total }, row.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another process counted, or the link was deleted.
            }
        }
    }
}
