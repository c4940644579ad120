using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// Gives a file its uploaded content. Every step may be repeated, also by two requests at once: the blob is committed
/// once, the session's row decides between completion and cancellation, and the file's mark shows whether it has the content.
/// </summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="byPath">Finds files by path.</param>
/// <param name="byId">Finds files by id.</param>
/// <param name="updates">Changes files.</param>
/// <param name="releases">Releases what files give up.</param>
/// <param name="locks">The lock of an upload's path.</param>
/// <param name="log">Hears of new content.</param>
/// <param name="thumbnails">Has thumbnails of new content made.</param>
/// <param name="settings">Determines which files can have thumbnails.</param>
/// <param name="clock">Stamps files.</param>
public sealed class UploadCompletion(
    UploadSessions sessions, UploadBlobs blobs, EntriesByPath byPath, EntriesById byId, EntryUpdates updates, EntityStore entities,
    LinkReleases releases, DriveLocks locks, ActivityLog log, MediaRequests thumbnails, SettingStore settings, TimeProvider clock)
{
    private const int MaxRounds = 20;

    /// <summary>
    /// Completes an upload whose content has arrived. Eight transactions after the one that read the session, two more for content
    /// that a client staged, one more when the placeholder's version is not known, and five for versions that the file does not keep;
    /// none when it was completed before.
    /// </summary>
    /// <param name="cancellationToken">Cancels the calls; harmless.</param>
    /// <exception cref="CloudreveException">
    /// 40011 when it was cancelled or has expired, 40055 when content is missing, 40016 when the file was deleted meanwhile.
    /// </exception>
    public async Task CompleteAsync(UploadSession session, CancellationToken cancellationToken = default)
    {
        // States only go forward; more rounds than there are states result from competing calls that change the file again and again.
        for (var round = 0; round < MaxRounds; round++)
        {
            if (session.IsFileDeleted)
                throw PathNotFound();
            if (session.State == UploadState.Completed)
                return;
            session = session.State switch
            {
                UploadState.Open => await DecideAsync(session, cancellationToken),
                UploadState.Completing => await FinishAsync(session, cancellationToken),
                _ => throw UploadSessions.Expired(),
            };
        }
        throw Changed();
    }

    /// <summary>Commits the blob and decides that the upload will be completed; from here on it cannot be cancelled.</summary>
    private async Task<UploadSession> DecideAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (session.ExpiresAt <= clock.GetUtcNow())
            throw UploadSessions.Expired();
        if (session.EntityId != 0)
            await blobs.CommitAsync(session, cancellationToken);
        // The entity of a file that was there before has been there since the upload began.
        if (session is { IsNewFile: true, EntityId: not 0 })
            await entities.AddAsync(EntityOf(session), cancellationToken);
        var file = session is { IsNewFile: true, PlaceholderETag.Length: > 0 }
            ? session.Placeholder
            : await FindFileAsync(session, cancellationToken) ?? throw PathNotFound();
        var decided = session with
        {
            State = UploadState.Completing,
            Dropped = session.IsAwaitedBy(file) ? Change(session, file).Dropped : [],
        };
        return await sessions.TryReplaceAsync(decided, cancellationToken) is { } done
            ? await FinishAsync(done, file, cancellationToken)
            : await sessions.GetAsync(session.Id, cancellationToken);
    }

    private async Task<UploadSession> FinishAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (await FindFileAsync(session, cancellationToken) is { } file)
            return await FinishAsync(session, file, cancellationToken);
        // The deletion of the file released what the file held; the upload releases what it did not bring into the file.
        EntityLink[] own = session.EntityId == 0 ? [] : [LinkOf(session)];
        if (!await releases.TrySettleAsync(session.OwnerId, session.FileId, [.. own, .. session.Dropped], cancellationToken))
            throw new CloudreveException(ErrorCode.Conflict, "The file is being deleted.");
        // The row stays: a client's addresses remain valid, and anything sent there has to be found.
        await EndAsync(session with { State = UploadState.Completed, IsFileDeleted = true }, cancellationToken);
        throw PathNotFound();
    }

    private async Task<UploadSession> FinishAsync(UploadSession session, FileRecord file, CancellationToken cancellationToken)
    {
        for (var round = 0; session.IsAwaitedBy(file); round++)
        {
            if (round == MaxRounds)
                throw Changed();
            var isUnforeseen = false;
            file = await updates.UpdateAsync(
                file,
                current =>
                {
                    isUnforeseen = false;
                    if (!session.IsAwaitedBy(current))
                        return current;
                    var change = Change(session, current);
                    // Links that will be released must be noted first. A thumbnail may have been added in between.
                    isUnforeseen = change.Dropped.Any(l => session.Dropped.All(d => d.Id != l.Id));
                    return isUnforeseen ? current : change.File;
                },
                cancellationToken);
            if (!isUnforeseen)
                break;
            if (await sessions.TryReplaceAsync(session with { Dropped = Change(session, file).Dropped }, cancellationToken) is not { } noted)
                return await sessions.GetAsync(session.Id, cancellationToken);
            session = noted;
        }
        var held = file.EntityIds.ToHashSet();
        await releases.ReleaseAsync(session.OwnerId, session.FileId, [.. session.Dropped.Where(l => !held.Contains(l.Id))], cancellationToken);
        var category = session.Type == EntityType.LivePhoto ? ActivityCategory.LivePhotoUploaded : ActivityCategory.EntityUploaded;
        await log.AppendAsync(session.OwnerId, [new FileEvent(category, session.Actor, file, session.Path, session.Path)], cancellationToken);
        if (session.Type == EntityType.Version)
            await RequestThumbnailAsync(file, cancellationToken);
        return await EndAsync(session with { State = UploadState.Completed }, cancellationToken);
    }

    /// <summary>One transaction, for files that can have a thumbnail.</summary>
    private async Task RequestThumbnailAsync(FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            await thumbnails.SendAsync(await settings.GetAsync(cancellationToken), file, cancellationToken);
        }
        catch (StorageException)
        {
            // Otherwise the thumbnail is made when it is first requested.
        }
    }

    private async Task<UploadSession> EndAsync(UploadSession session, CancellationToken cancellationToken)
    {
        // The lock is released first: once the session is completed nobody checks it any more.
        if (session.LockToken.Length > 0)
            await locks.ReleaseAsync(UploadCreation.LockOf(session), cancellationToken);
        if (await sessions.TryReplaceAsync(session, cancellationToken) is not { } ended)
            return await sessions.GetAsync(session.Id, cancellationToken);
        if (session is { IsRelay: false, EntityId: not 0 })
            await blobs.ClearStagedAsync(session, cancellationToken);
        return ended;
    }

    private ContentChange Change(UploadSession session, FileRecord file)
    {
        var link = LinkOf(session);
        var change = session.Type == EntityType.LivePhoto
            ? VersionRetention.AttachMotion(file, link)
            : VersionRetention.Replace(
                file, link, file.PrimaryEntityId == session.PreviousEntityId ? session.PreviousCreatedAt ?? file.UpdatedAt : file.UpdatedAt, session.KeepVersions);
        // The failure of a thumbnail, and media information, say nothing about other content.
        var metadata = file.Metadata
            .Where(m => m.Key != MetadataKeys.UploadSession && (session.Type == EntityType.LivePhoto || !MediaKeys.EndsWithContent(m.Key)))
            .ToDictionary();
        foreach (var (key, value) in session.Metadata)
            metadata[key] = value;
        return change with { File = change.File with { Metadata = metadata, UpdatedAt = session.ModifiedAt ?? clock.GetUtcNow() } };
    }

    private async Task<FileRecord?> FindFileAsync(UploadSession session, CancellationToken cancellationToken)
    {
        var byName = await byPath.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken);
        // Renamed or moved meanwhile, by a user who force-unlocked it.
        return byName?.Id == session.FileId ? byName : await byId.FindAsync(session.FileId, cancellationToken);
    }

    private static EntityLink LinkOf(UploadSession session) => new(session.EntityId, session.Type, session.Size, session.CreatedAt);

    internal static EntityRecord EntityOf(UploadSession session) => new()
    {
        Id = session.EntityId,
        Type = session.Type,
        Size = session.Size,
        PolicyId = session.PolicyId,
        Source = session.Source,
        FileId = session.FileId,
        CreatedBy = session.CreatedBy,
        CreatedAt = session.CreatedAt,
        Encryption = session.Encryption,
    };

    private static CloudreveException Changed() => new(ErrorCode.Conflict, "The file was changed in the meantime. Try again.");

    private static CloudreveException PathNotFound() => new(ErrorCode.PathNotFound, "The file was deleted during the upload.");
}
