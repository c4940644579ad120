using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// Gives up uploads that nobody completed, and removes what clients have staged since their upload ended. Some minutes after an upload began
/// it is reviewed once: anything that an interrupted request left behind is undone or finished then.
/// </summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="completion">Completes what has been decided.</param>
/// <param name="cancellation">Gives up the rest.</param>
/// <param name="chunked">Ends uploads of clients that send chunks.</param>
/// <param name="byId">Determines which files wait for an upload.</param>
/// <param name="clock">Determines what has expired.</param>
/// <param name="logger">Hears of what failed.</param>
public sealed class UploadExpiry(
    UploadSessions sessions, UploadBlobs blobs, UploadCompletion completion, UploadCancellation cancellation, ChunkedUploads chunked,
    EntriesById byId, TimeProvider clock, ILogger<UploadExpiry> logger)
{
    // Write addresses have expired by then, even on a slow clock.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    // Longer than a request may take.
    private static readonly TimeSpan ReviewAge = TimeSpan.FromMinutes(5);

    /// <summary>Settles all uploads that have expired. What fails is postponed and does not hold up the rest.</summary>
    /// <param name="cancellationToken">Cancels the run between two uploads.</param>
    /// <returns>The number settled.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken = default)
    {
        var settled = 0;
        var now = clock.GetUtcNow();
        await foreach (var row in sessions.ScanDueAsync(now, now - ReviewAge, cancellationToken))
        {
            try
            {
                if (ChunkedUpload.Has(row))
                    await chunked.SettleAsync(row, cancellationToken);
                else if (!await SettleAsync(row, UploadSession.FromRow(row), now, cancellationToken))
                    continue;
                settled++;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning(e, "Upload {Upload} could not be settled", row.PartitionKey[..8]);
                await sessions.PostponeAsync(row, now, cancellationToken);
            }
        }
        return settled;
    }

    private async Task<bool> SettleAsync(Row row, UploadSession session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Nobody but the site writes the chunks of a relayed upload.
        if (session.ExpiresAt <= (session.IsRelay ? now : now - Grace))
        {
            await EndAsync(session, cancellationToken);
            return true;
        }
        if (session.IsReviewed || session.ExpiresAt <= now)
            return false;
        var isCutOff = await ReviewAsync(session, cancellationToken);
        if (!isCutOff)
            await sessions.NoteReviewAsync(row, cancellationToken);
        return isCutOff;
    }

    /// <summary>Undoes or finishes what a request left behind that was interrupted while it began, completed or cancelled an upload.</summary>
    /// <returns>True if there was something to do.</returns>
    private async Task<bool> ReviewAsync(UploadSession session, CancellationToken cancellationToken)
    {
        switch (session.State)
        {
            case UploadState.Open:
                // The mark is the last write of an upload's start.
                if (await byId.FindAsync(session.FileId, cancellationToken) is { } file && session.IsAwaitedBy(file)
                    && await IsKnownAsync(session, cancellationToken))
                    return false;
                await cancellation.CancelAsync(session, cancellationToken);
                return true;
            case UploadState.Completing:
                await FinishAsync(session, cancellationToken);
                return true;
            default:
                await cancellation.UndoAsync(session, cancellationToken);
                return false;
        }
    }

    /// <summary>Checks whether a client knows an upload: it was sent the answer, or has sent something.</summary>
    private async Task<bool> IsKnownAsync(UploadSession session, CancellationToken cancellationToken) =>
        session.IsAnswered
        || session.Received.Length > 0
        || (session is { IsRelay: false, EntityId: not 0 } && await blobs.HasStagedAsync(session, cancellationToken));

    private async Task EndAsync(UploadSession session, CancellationToken cancellationToken)
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
            // The file is gone, and everything that the upload held is released.
        }
    }
}
