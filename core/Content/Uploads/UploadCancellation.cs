using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Gives up uploads: removes the placeholder, the blob and the lock, and refunds the reserved bytes.</summary>
public sealed class UploadCancellation
{
    private readonly UploadSessions _sessions;
    private readonly UploadCompletion _completion;
    private readonly UploadBlobs _blobs;
    private readonly EntriesByPath _byPath;
    private readonly EntriesById _byId;
    private readonly EntryCreation _creation;
    private readonly EntryUpdates _updates;
    private readonly Relocator _relocator;
    private readonly EntityStore _entities;
    private readonly QuotaLedger _quota;
    private readonly DriveLocks _locks;

    internal UploadCancellation(
        UploadSessions sessions, UploadCompletion completion, UploadBlobs blobs, EntriesByPath byPath, EntriesById byId, EntryCreation creation,
        EntryUpdates updates, Relocator relocator, EntityStore entities, QuotaLedger quota, DriveLocks locks)
    {
        _sessions = sessions;
        _completion = completion;
        _blobs = blobs;
        _byPath = byPath;
        _byId = byId;
        _creation = creation;
        _updates = updates;
        _relocator = relocator;
        _entities = entities;
        _quota = quota;
        _locks = locks;
    }

    /// <summary>Cancels a user's upload. Nothing happens when there is none, or when it is complete.</summary>
    /// <param name="userId">The user who must have begun it.</param>
    /// <param name="cancellationToken">Cancels the calls; harmless to repeat.</param>
    public async Task CancelAsync(Guid id, long userId, CancellationToken cancellationToken = default)
    {
        if (await _sessions.FindAsync(id, cancellationToken) is { } session && session.CreatedBy == userId)
            await CancelAsync(session, cancellationToken);
    }

    /// <summary>Cancels an upload, unless it is complete or about to be.</summary>
    /// <param name="cancellationToken">Cancels the calls; harmless to repeat.</param>
    internal async Task CancelAsync(UploadSession session, CancellationToken cancellationToken)
    {
        var current = session;
        // Only chunks that arrive at the same time can interfere, and their number is limited.
        for (var tries = 0; current is not null && tries <= session.Chunks.Count + 1; tries++)
        {
            switch (current.State)
            {
                case UploadState.Cancelled:
                    await UndoAsync(current, cancellationToken);
                    return;
                case UploadState.Completed:
                    return;
                case UploadState.Open:
                    current = await _sessions.TryReplaceAsync(current with { State = UploadState.Cancelled }, cancellationToken)
                        ?? await _sessions.FindAsync(session.Id, cancellationToken);
                    break;
                default:
                    await _completion.CompleteAsync(current, cancellationToken);
                    return;
            }
        }
    }

    /// <summary>Undoes everything that a cancelled upload has done. Harmless to repeat.</summary>
    internal async Task UndoAsync(UploadSession session, CancellationToken cancellationToken)
    {
        await UnmarkAsync(session, cancellationToken);
        if (session.EntityId != 0)
        {
            await _entities.DiscardAsync([session.EntityId], cancellationToken);
            await _blobs.DiscardAsync(session, cancellationToken);
        }
        await _quota.ReverseAsync(session.OwnerId, UploadCreation.OperationOf(session), cancellationToken);
        if (session.LockToken.Length > 0)
            await _locks.ReleaseAsync(UploadCreation.LockOf(session), cancellationToken);
    }

    private async Task UnmarkAsync(UploadSession session, CancellationToken cancellationToken)
    {
        var file = await _byPath.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken);
        if (file?.Id != session.FileId)
            file = await _byId.FindAsync(session.FileId, cancellationToken);
        if (file is null && session.IsNewFile)
            await _creation.DiscardUncommittedAsync(session.FileId, session.ParentId, cancellationToken);
        if (file is null || !session.IsAwaitedBy(file))
            return;
        if (session.IsNewFile && file.PrimaryEntityId == 0)
        {
            var control = await _locks.ReadAsync(session.OwnerId, cancellationToken);
            await _relocator.DeleteAsync(control, await _byId.ReadAgainAsync(file, cancellationToken), keepBlobs: false, cancellationToken);
            return;
        }
        await _updates.UpdateAsync(
            file,
            current => session.IsAwaitedBy(current)
                ? current with { Metadata = current.Metadata.Where(m => m.Key != MetadataKeys.UploadSession).ToDictionary() }
                : current,
            cancellationToken);
    }
}
