using Cloudreve.Core.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Uploads;

/// <summary>Gives up uploads that nobody completed, and removes what clients have staged since their upload ended.</summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="blobs">Their blobs.</param>
/// <param name="completion">Completes what has been decided.</param>
/// <param name="cancellation">Gives up the rest.</param>
/// <param name="clock">Tells what has expired.</param>
/// <param name="logger">Hears of what failed.</param>
public sealed class UploadExpiry(
    UploadSessions sessions, UploadBlobs blobs, UploadCompletion completion, UploadCancellation cancellation, TimeProvider clock,
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
            await FinishAsync(session, cancellationToken);
        else if (session.State != UploadState.Completed)
        {
            await cancellation.CancelAsync(session, cancellationToken);
        }
        if (session.State is UploadState.Completing or UploadState.Completed && session.EntityId != 0)
            await blobs.DiscardStagedAsync(session, cancellationToken);
        await sessions.RemoveAsync(session, cancellationToken);
    }

    private async Task FinishAsync(UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await completion.CompleteAsync(session, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            // The file is gone, and all that the upload held is given back.
        }
    }
}
