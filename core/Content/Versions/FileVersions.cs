using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Versions;

/// <summary>Changes the versions of a file (contract, section 12). Permissions are checked before.</summary>
/// <param name="byPath">Finds files by path.</param>
/// <param name="updates">Changes files.</param>
/// <param name="locks">The locks of the drive.</param>
/// <param name="releases">Releases what files give up.</param>
/// <param name="log">Hears of changes.</param>
/// <param name="requests">Queues the reading of media information of the new current version.</param>
/// <param name="clock">Stamps files.</param>
public sealed class FileVersions(
    EntriesByPath byPath, EntryUpdates updates, EntityStore entities, DriveLocks locks, LinkReleases releases, ActivityLog log,
    MediaRequests requests, SettingStore settings, TimeProvider clock)
{
    /// <summary>Makes an older version the current one; its thumbnail has to be made again.</summary>
    /// <param name="versionId">The version's entity.</param>
    /// <param name="actor">The user and client that ask.</param>
    /// <exception cref="CloudreveException">40016 for no such file, 40077 for no such version, 40073 for locks.</exception>
    public async Task SetCurrentAsync(long ownerId, FilePath path, long versionId, Actor actor, CancellationToken cancellationToken = default)
    {
        var file = await FindAsync(ownerId, path, cancellationToken);
        if (file.PrimaryEntityId == versionId && versionId != 0)
            return;
        var since = file.PrimaryEntityId == 0 ? null : (await entities.FindAsync(file.PrimaryEntityId, cancellationToken))?.CreatedAt;
        file = await ChangeAsync(
            ownerId, path, file, new FileEvent(ActivityCategory.SetCurrentVersion, actor, file, path, path),
            current =>
            {
                if (current.PrimaryEntityId == versionId)
                    return new ContentChange(current, []);
                var change = VersionRetention.Replace(current, LinkOf(current, versionId), since ?? current.UpdatedAt, keep: 0);
                var metadata = change.File.Metadata.Where(m => !MediaKeys.EndsWithContent(m.Key)).ToDictionary();
                return change with { File = change.File with { Metadata = metadata, UpdatedAt = clock.GetUtcNow() } };
            },
            cancellationToken);
        await requests.SendMediaAsync(await settings.GetAsync(cancellationToken), file, cancellationToken);
    }

    /// <summary>Deletes an older version, or the motion part of a live photo. Its bytes are refunded.</summary>
    /// <param name="versionId">The version's entity.</param>
    /// <param name="actor">The user and client that ask.</param>
    /// <exception cref="CloudreveException">40016 for no such file, 403 for the current version, 40077 for no such version, 40073 for locks.</exception>
    public async Task DeleteAsync(long ownerId, FilePath path, long versionId, Actor actor, CancellationToken cancellationToken = default)
    {
        var file = await FindAsync(ownerId, path, cancellationToken);
        if (!file.OtherEntities.Any(IsWanted) && file.PrimaryEntityId != versionId)
            throw NoSuchVersion();
        await ChangeAsync(
            ownerId, path, file, new FileEvent(ActivityCategory.DeleteVersion, actor, file, path, path),
            current =>
            {
                if (current.PrimaryEntityId == versionId)
                    throw new CloudreveException(ErrorCode.NoPermission, "The current version cannot be deleted.");
                // It existed at first: if it is gone now, only the response was lost, or a competing call did the same.
                var gone = current.OtherEntities.Where(IsWanted).ToList();
                return new ContentChange(gone.Count == 0 ? current : current with { OtherEntities = [.. current.OtherEntities.Except(gone)] }, gone);
            },
            cancellationToken);

        bool IsWanted(EntityLink link) => link.Id == versionId && link.Type != EntityType.Thumbnail;
    }

    private async Task<FileRecord> FindAsync(long ownerId, FilePath path, CancellationToken cancellationToken)
    {
        var control = await locks.ReadAsync(ownerId, cancellationToken);
        control.Require(path, LockScope.Self);
        var file = await byPath.GetAsync(ownerId, path, cancellationToken);
        return file.Type == FileType.File ? file : throw NoSuchVersion();
    }

    /// <summary>Notes the links that the file will drop, changes it, and releases them. A crash in between leaves the note.</summary>
    private async Task<FileRecord> ChangeAsync(
        long ownerId, FilePath path, FileRecord file, FileEvent done, Func<FileRecord, ContentChange> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var planned = change(file).Dropped;
            var note = planned.Count == 0 ? null : await releases.NoteAsync(ownerId, file.Id, planned, cancellationToken);
            var isUnforeseen = false;
            file = await updates.UpdateAsync(
                file,
                current =>
                {
                    var next = change(current);
                    isUnforeseen = next.Dropped.Any(l => planned.All(p => p.Id != l.Id));
                    return isUnforeseen ? current : next.File;
                },
                cancellationToken);
            var held = file.EntityIds.ToHashSet();
            await releases.ReleaseAsync(ownerId, file.Id, [.. planned.Where(l => !held.Contains(l.Id))], cancellationToken);
            if (note is not null)
                await releases.ForgetAsync(note, cancellationToken);
            if (!isUnforeseen)
                break;
        }
        await log.AppendAsync(ownerId, [done with { File = file, From = path, To = path }], cancellationToken);
        return file;
    }

    private static EntityLink LinkOf(FileRecord file, long versionId) =>
        file.OtherEntities.FirstOrDefault(l => l.Id == versionId && l.Type == EntityType.Version) ?? throw NoSuchVersion();

    private static CloudreveException NoSuchVersion() => new(ErrorCode.BlobNotFound, "The file does not have this version.");
}
