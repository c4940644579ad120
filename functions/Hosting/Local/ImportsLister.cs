using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>
/// Stands in for Event Grid: lists blobs below a prefix and sends an event for each version of a blob it has not announced yet. A blob is
/// announced before that is recorded, so a crash repeats an event and never loses one. Without changes a pass costs one request for
/// each 5,000 blobs.
/// </summary>
internal sealed class ImportsLister(BlobContainer container, string prefix, MessageQueue events, Table state, TimeProvider clock, ILogger logger)
{
    // Clocks of the service's servers differ a little; blobs this much older than the newest one are taken for listed completely.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private const int PauseToWork = 20;
    private const int ParallelSends = 16;
    private AnnouncedBlobs? _announced;

    /// <summary>Polls until cancelled.</summary>
    /// <param name="cancellationToken">Ends the polling.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var start = clock.GetTimestamp();
            try
            {
                await RunPassAsync(cancellationToken);
            }
            catch (StorageException e)
            {
                logger.LogWarning("Container {Container} cannot be watched: {Reason}", container.Name, e.Message);
                // What was recorded is unknown now.
                _announced = null;
            }
            var pause = clock.GetElapsedTime(start) * PauseToWork;
            await Task.Delay(pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause, clock, cancellationToken);
        }
    }

    /// <summary>Lists the blobs once and announces what is new.</summary>
    /// <param name="cancellationToken">Cancels the pass.</param>
    /// <returns>How many blobs were announced.</returns>
    public async Task<int> RunPassAsync(CancellationToken cancellationToken)
    {
        _announced ??= await AnnouncedBlobs.LoadAsync(state, container.Name, cancellationToken);
        var start = clock.GetTimestamp();
        var newest = DateTimeOffset.MinValue;
        var count = 0;
        string? token = null;
        do
        {
            var page = await container.ListPageAsync(prefix, delimiter: null, continuationToken: token, cancellationToken: cancellationToken);
            BlobItem[] fresh = [.. page.Blobs.Where(blob => !_announced.Contains(blob))];
            await AnnounceAsync(fresh, cancellationToken);
            await _announced.AddAsync(fresh, cancellationToken);
            count += fresh.Length;
            newest = page.Blobs.Aggregate(newest, (latest, blob) => blob.LastModified > latest ? blob.LastModified : latest);
            token = page.ContinuationToken;
        }
        while (token is not null);
        // A blob written during the pass, in a part that was listed already, is younger than the pass.
        if (count > 0)
            await _announced.AdvanceAsync(newest - ClockSkew - clock.GetElapsedTime(start), cancellationToken);
        return count;
    }

    private Task AnnounceAsync(IEnumerable<BlobItem> blobs, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            blobs,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelSends, CancellationToken = cancellationToken },
            async (blob, token) => await events.SendAsync(
                JsonSerializer.Serialize(BlobCreatedEvent.Of(container, blob), BlobCreatedJson.Default.BlobCreatedEvent), cancellationToken: token));
}
