using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>The outcome of asking to make a thumbnail of a blob now.</summary>
internal enum AttemptDecision
{
    /// <summary>The caller makes it, exclusively.</summary>
    Begun,

    /// <summary>Another caller is making it.</summary>
    Busy,

    /// <summary>It failed a short time ago.</summary>
    TooEarly,

    /// <summary>The last attempts ended with their processes.</summary>
    Exhausted,

    /// <summary>The blob is gone.</summary>
    Gone,
}

/// <summary>
/// Remembers with each blob how often its thumbnail has been tried and when it may be tried again. An attempt is noted before
/// it begins, so that a picture which crashes the process is not tried endlessly. All copies of a file share the blob
/// and so the memory.
/// </summary>
/// <param name="layout">The storage of blobs' rows.</param>
/// <param name="clock">Determines what is due.</param>
internal sealed class ThumbnailAttempts(StorageLayout layout, TimeProvider clock)
{
    private const string Count = "tha";
    private const string Until = "tht";
    private const string IsRunning = "thr";

    /// <summary>Maximum number of attempts at a thumbnail before the file is marked.</summary>
    public const int Max = 4;

    /// <summary>The time that an attempt may take; after that its process is considered dead.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(15), TimeSpan.FromHours(2), TimeSpan.FromHours(12)];

    /// <summary>Records the start of an attempt. Two transactions, one when none is due.</summary>
    /// <returns>The decision, and the number of earlier attempts.</returns>
    public async Task<(AttemptDecision Decision, int Before)> BeginAsync(long entityId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await layout.Entities.FindAsync(FileKeys.IdBlock(entityId), FileKeys.Id(entityId), cancellationToken);
            if (row is null)
                return (AttemptDecision.Gone, 0);
            var (count, isRunning) = ((int)(row.Number(Count) ?? 0), row.Flag(IsRunning));
            var isDue = row.Time(Until) is not { } until || until <= clock.GetUtcNow();
            if (isRunning && !isDue)
                return (AttemptDecision.Busy, count);
            if (isRunning && count >= Max)
                return (AttemptDecision.Exhausted, count);
            // A request for a marked file means that its mark was removed: start from the beginning.
            if (count >= Max)
                count = 0;
            else if (!isDue)
                return (AttemptDecision.TooEarly, count);
            try
            {
                await WriteAsync(entityId, count + 1, clock.GetUtcNow() + Lease, isRunning: true, row.ETag, cancellationToken);
                return (AttemptDecision.Begun, count);
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another caller was quicker; read its result.
            }
        }
    }

    /// <summary>Records that there is a thumbnail. One transaction.</summary>
    public Task SucceedAsync(long entityId, CancellationToken cancellationToken) =>
        EndAsync(entityId, 0, clock.GetUtcNow(), cancellationToken);

    /// <summary>Records a failure. One transaction.</summary>
    /// <param name="attempts">Number of attempts, this one included.</param>
    public Task FailAsync(long entityId, int attempts, CancellationToken cancellationToken) =>
        EndAsync(entityId, attempts, clock.GetUtcNow() + Pauses[Math.Clamp(attempts - 1, 0, Pauses.Length - 1)], cancellationToken);

    private async Task EndAsync(long entityId, int attempts, DateTimeOffset until, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(entityId, attempts, until, isRunning: false, "*", cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The blob was deleted meanwhile; nobody will ask again.
        }
    }

    private Task<string> WriteAsync(long entityId, int attempts, DateTimeOffset until, bool isRunning, string etag, CancellationToken cancellationToken) =>
        layout.Entities.MergeAsync(
            new Row(FileKeys.IdBlock(entityId), FileKeys.Id(entityId)) { [Count] = attempts, [Until] = until, [IsRunning] = isRunning },
            etag, cancellationToken);
}
