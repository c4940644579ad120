using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// Ends uploads whose files are deleted for good: the reserved bytes and the lock are freed at once, and the rest is removed when the
/// upload expires. One transaction for each upload that has ended already, up to six for one that is open.
/// </summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="quota">Gets back the bytes.</param>
/// <param name="locks">The locks of uploads.</param>
internal sealed class UploadReservations(UploadSessions sessions, QuotaLedger quota, DriveLocks locks)
{
    /// <summary>Ends the uploads that deleted files wait for. Harmless to repeat.</summary>
    public async Task FreeAsync(IEnumerable<FileRecord> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (Guid.TryParseExact(file.Metadata.GetValueOrDefault(MetadataKeys.UploadSession), "D", out var id))
                await FreeAsync(file, id, cancellationToken);
        }
    }

    private async Task FreeAsync(FileRecord file, Guid id, CancellationToken cancellationToken)
    {
        var session = await sessions.FindAsync(id, cancellationToken);
        if (session?.FileId != file.Id)
            return;
        // Only chunks that arrive at the same time can interfere, and their number is limited.
        for (var tries = 0; session is { State: UploadState.Open } && tries <= session.Chunks.Count; tries++)
        {
            session = await sessions.TryReplaceAsync(session with { State = UploadState.Cancelled, IsFileDeleted = true }, cancellationToken)
                ?? await sessions.FindAsync(id, cancellationToken);
        }
        // An upload whose completion is decided refunds its bytes itself when it finds no file.
        if (session is not { State: UploadState.Cancelled })
            return;
        await quota.ReverseAsync(session.OwnerId, UploadCreation.OperationOf(session), cancellationToken);
        if (session.LockToken.Length > 0)
            await locks.ReleaseAsync(UploadCreation.LockOf(session), cancellationToken);
    }
}
