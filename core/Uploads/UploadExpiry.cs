using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Uploads;

/// <summary>Gives up uploads that nobody completed, and looks a last time at those that were.</summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="blobs">Their blobs.</param>
/// <param name="entities">Their entities.</param>
/// <param name="completion">Completes what has been decided.</param>
/// <param name="cancellation">Gives up the rest.</param>
/// <param name="clock">Tells what has expired.</param>
/// <param name="logger">Hears of what failed.</param>
public sealed class UploadExpiry(
    UploadSessions sessions, UploadBlobs blobs, EntityStore entities, UploadCompletion completion, UploadCancellation cancellation, TimeProvider clock,
    ILogger<UploadExpiry> logger)
{
    // Addresses for writing have expired by then, also by a clock that goes slow.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Settles all uploads that have expired. What fails is put off and does not stop the rest.</summary>
    /// <param name="cancellationToken">Cancels the run between two uploads.</param>
    /// <returns>How many were settled.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        var settled = 0;
        var now = clock.GetUtcNow();
        await foreach (var row in sessions.ScanExpiredAsync(now - Grace, now, cancellationToken))
        {
            try
            {
                await SettleAsync(UploadSession.FromRow(row), cancellationToken);
                settled++;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning(e, "Upload {Upload} could not be settled", row.PartitionKey[..8]);
                await sessions.PutOffAsync(row, now, cancellationToken);
            }
        }
        return settled;
    }

    private async Task SettleAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (session.State == UploadState.Completing)
        {
            try
            {
                await completion.CompleteAsync(session, cancellationToken);
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
            {
                return;
            }
        }
        else if (session.State != UploadState.Completed)
        {
            await cancellation.CancelAsync(session, cancellationToken);
        }
        if (session.State is UploadState.Completing or UploadState.Completed && session.EntityId != 0)
            await CheckBlobAsync(session, cancellationToken);
        await sessions.RemoveAsync(session, cancellationToken);
    }

    /// <summary>
    /// Whoever could stage blocks could also overwrite the blob as long as the address lived. Content that is not what was
    /// committed is not handed out.
    /// </summary>
    private async Task CheckBlobAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (session.IsRelay)
            return;
        var container = await blobs.ContainerOfAsync(session, cancellationToken);
        if (await container.FindAsync(session.Source, cancellationToken) is { } blob && blob.ETag != session.BlobETag)
            await entities.QuarantineAsync(session.EntityId, cancellationToken);
    }
}
