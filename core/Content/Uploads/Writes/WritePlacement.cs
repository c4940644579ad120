using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Gives a file its stored content: one batch, which is the only visible part of a write.</summary>
/// <param name="intents">The rows of writes.</param>
/// <param name="targets">Finds the file again after a competing change.</param>
/// <param name="byId">Finds files by id.</param>
/// <param name="creation">Makes folders.</param>
/// <param name="releases">Releases what files give up.</param>
/// <param name="log">Hears of new content.</param>
/// <param name="thumbnails">Has thumbnails of new content made.</param>
/// <param name="settings">Determines which files can have thumbnails.</param>
/// <param name="logger">Receives failures after the commit.</param>
internal sealed class WritePlacement(
    StorageLayout layout, WriteIntents intents, UploadTargets targets, EntriesById byId, EntryCreation creation, DriveLocks locks,
    EntityStore entities, LinkReleases releases, ActivityLog log, MediaRequests thumbnails, SettingStore settings,
    ILogger<WritePlacement> logger)
{
    private const int MessageSenders = 8;

    // Each round follows a competing change of the same file.
    private const int MaxRounds = 20;

    /// <summary>Commits a write: two transactions, more when competing calls change the file at the same time or its folder has to be made.</summary>
    /// <exception cref="CloudreveException">
    /// 40073 when the path was locked meanwhile, 40076 and 40004 for a conflict with a competing change, 40016 when the folder was deleted, 40011
    /// when the write was given up, 409 when competing calls never stop.
    /// </exception>
    public async Task<FileRecord> PlaceAsync(ContentWrite write, CancellationToken cancellationToken)
    {
        if (write.ParentId is null)
            await MakeFolderAsync(write, cancellationToken);
        for (var round = 0; round < MaxRounds; round++)
        {
            var control = await locks.ReadAsync(write.Intent.OwnerId, cancellationToken);
            if (round == 0 && write.File?.PendingMove is null)
                UploadTargets.RequireUnlocked(control, write.Request, write.File);
            else
                write.File = (await targets.FindInAsync(control, write.ParentId, write.Request, cancellationToken)).File;
            await AdoptAsync(write, cancellationToken);
            if (await TryCommitAsync(write, cancellationToken) is { } placed)
                return placed;
        }
        throw new CloudreveException(ErrorCode.Conflict, "The file was changed in the meantime. Try again.");
    }

    /// <summary>Commits a group of writes, all or none of them: one transaction, more when it fails. The files' paths must not be locked.</summary>
    /// <returns>The files; null when nothing was committed, since a name is taken or the folder was deleted.</returns>
    /// <exception cref="CloudreveException">40011 when the group was given up.</exception>
    public async Task<IReadOnlyList<FileRecord>?> TryPlaceTogetherAsync(WriteGroup group, CancellationToken cancellationToken)
    {
        var files = group.Writes.Select(write => Change(write).File).ToList();
        var batch = EntryRows.InsertInto(group.Intent.FolderId, files).Delete(group.Intent.RowKey, group.Intent.ETag);
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            if (!await IsCommittedAsync(group.Intent, cancellationToken))
                return null;
        }
        group.Intent = group.Intent with { State = WriteState.Written };
        return files;
    }

    /// <summary>Finds out whether the commit of a group took effect although its response was lost.</summary>
    private async Task<bool> IsCommittedAsync(WriteIntent group, CancellationToken cancellationToken)
    {
        if (await intents.FindAsync(group, cancellationToken) is { } current)
            return current.State == WriteState.Closed ? throw UploadSessions.Expired() : false;
        if (!intents.IsExpired(group))
            return true;
        // Settlements remove the intents of groups that they have undone, too.
        foreach (var file in group.Files)
        {
            if (HasContent(await byId.FindAsync(file.FileId, cancellationToken), file.EntityId))
                return true;
        }
        throw UploadSessions.Expired();
    }

    /// <summary>
    /// Completes writes of new files after their commits: one transaction for each 98 of two folders, and those that have others look at them. No
    /// failure is reported.
    /// </summary>
    public Task FinishTogetherAsync(IReadOnlyList<(ContentWrite Write, FileRecord File)> written)
    {
        var first = written[0].Write;
        return Task.WhenAll(
            TryAsync(first, () => log.AppendNewAsync(first.Intent.OwnerId, first.Actor, written.Select(pair => new NewFile(pair.File, pair.Write.Request.Path)))),
            TryAsync(first, async () =>
            {
                var site = await settings.GetAsync();
                // The others must not lose their messages with one.
                await BoundedParallel.ForEachAsync(written, MessageSenders, (pair, _) => TryAsync(pair.Write, () => thumbnails.SendAsync(site, pair.File)));
            }));
    }

    /// <summary>
    /// Completes a write after its commit: two transactions, five more for versions that the file does not keep. The file has its content, so no
    /// failure is reported; links to be released are then released by <see cref="WriteSettlement"/>.
    /// </summary>
    public Task FinishAsync(ContentWrite write, FileRecord file) => Task.WhenAll(
        TryAsync(write, () => LogAsync(write, file)),
        TryAsync(write, async () => await thumbnails.SendAsync(await settings.GetAsync(), file)),
        TryAsync(write, () => ReleaseAsync(write)));

    /// <summary>Creates the folder and moves the intent there. The previous intent is removed on the condition that it has not been closed.</summary>
    private async Task MakeFolderAsync(ContentWrite write, CancellationToken cancellationToken)
    {
        var before = write.Intent;
        var folder = await creation.CreateAsync(before.OwnerId, write.Request.Path.Parent, NewEntry.Folder, failIfExists: false, cancellationToken);
        write.ParentId = folder.Id;
        write.File = (await targets.FindInAsync(await locks.ReadAsync(before.OwnerId, cancellationToken), folder.Id, write.Request, cancellationToken)).File;
        if (before.IsNewFile)
            await layout.FileIds.UpsertAsync(EntryRows.NewIdRow(before.FileId, FileType.File, folder.Id, before.OwnerId, before.ExpiresAt - WriteIntents.Lifetime), CancellationToken.None);
        if (folder.Id == before.FolderId)
            return;
        write.Intent = await intents.AddAsync(before with { FolderId = folder.Id }, cancellationToken);
        if (!await intents.TryRemoveAsync(before, cancellationToken))
            throw UploadSessions.Expired();
    }

    /// <summary>A competing call has made or replaced the file meanwhile: its file gets the content.</summary>
    private async Task AdoptAsync(ContentWrite write, CancellationToken cancellationToken)
    {
        if (write.File is null && !write.Intent.IsNewFile)
            throw PathNotFound();
        if (write.File is null || write.File.Id == write.Intent.FileId)
            return;
        if (write.Intent.IsNewFile)
            await layout.FileIds.DeleteAsync(FileKeys.IdBlock(write.Intent.FileId), FileKeys.Id(write.Intent.FileId), cancellationToken: cancellationToken);
        if (write.Intent.EntityId != 0)
            await entities.AdoptAsync(write.Intent.EntityId, write.File.Id, cancellationToken);
        write.Intent = write.Intent with { FileId = write.File.Id, IsNewFile = false };
    }

    /// <returns>The file as it is stored; null when a competing call came first.</returns>
    private async Task<FileRecord?> TryCommitAsync(ContentWrite write, CancellationToken cancellationToken)
    {
        if (write.File?.PendingMove is not null)
            throw new CloudreveException(ErrorCode.Conflict, "The item is being moved. Try again.");
        var change = Change(write);
        var batch = write.File is null
            ? EntryRows.InsertInto(write.ParentId!.Value, change.File)
            : EntryRows.ReplaceIn(change.File, write.File.ETag);
        if (change.Dropped.Count == 0)
            batch.Delete(write.Intent.RowKey, write.Intent.ETag);
        else
            batch.Replace((write.Intent with { State = WriteState.Written, Dropped = change.Dropped }).ToRow(), write.Intent.ETag);
        try
        {
            var etags = await layout.Files.SubmitAsync(batch, cancellationToken);
            write.Intent = write.Intent with { State = WriteState.Written, Dropped = change.Dropped };
            return change.File with { ETag = EntryRows.ETagOf(FileType.File, etags) };
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            return await FindCommittedAsync(write, change, e, cancellationToken);
        }
    }

    /// <summary>Finds out why a commit failed: its first try took effect although its response was lost, or another call was faster.</summary>
    private async Task<FileRecord?> FindCommittedAsync(ContentWrite write, ContentChange change, StorageException error, CancellationToken cancellationToken)
    {
        var current = await intents.FindAsync(write.Intent, cancellationToken);
        if (current is { State: WriteState.Closed })
            throw UploadSessions.Expired();
        if (current is { State: WriteState.Open })
        {
            return error is StorageNotFoundException && !await byId.IsFolderAsync(write.ParentId!.Value, cancellationToken) ? throw PathNotFound() : null;
        }
        var file = await byId.FindAsync(write.Intent.FileId, cancellationToken);
        // Settlements remove the intents of writes that they have undone, too.
        if (current is null && intents.IsExpired(write.Intent) && !HasContent(file, write.Intent.EntityId))
            throw UploadSessions.Expired();
        write.Intent = write.Intent with { State = WriteState.Written, Dropped = change.Dropped };
        return file ?? change.File;
    }

    private static bool HasContent(FileRecord? file, long entityId) =>
        file is not null && (entityId == 0 || file.PrimaryEntityId == entityId || file.OtherEntities.Any(link => link.Id == entityId));

    private static ContentChange Change(ContentWrite write)
    {
        var before = write.File ?? new FileRecord
        {
            Id = write.Intent.FileId,
            ParentId = write.ParentId!.Value,
            OwnerId = write.Intent.OwnerId,
            Type = FileType.File,
            Name = write.Request.Path.Name,
            CreatedAt = write.At,
            UpdatedAt = write.At,
        };
        var since = before.PrimaryEntityId == write.PreviousId ? write.PreviousCreatedAt ?? before.UpdatedAt : before.UpdatedAt;
        var change = VersionRetention.Replace(before, write.Link, since, write.KeepVersions);
        // The failure of a thumbnail says nothing about other content, and a remaining mark belongs to no upload any more.
        var metadata = change.File.Metadata.Where(m => m.Key != MetadataKeys.UploadSession && !MediaKeys.EndsWithContent(m.Key)).ToDictionary();
        if (write.Metadata is { } replaced)
        {
            foreach (var key in metadata.Keys.Where(key => key.StartsWith(replaced.Prefix, StringComparison.Ordinal)).ToList())
                metadata.Remove(key);
            foreach (var (key, value) in replaced.Values)
                metadata[key] = value;
        }
        return change with { File = change.File with { Metadata = metadata, UpdatedAt = write.Request.ModifiedAt ?? write.At } };
    }

    private Task LogAsync(ContentWrite write, FileRecord file)
    {
        var path = write.Request.Path;
        var content = new FileEvent(ActivityCategory.EntityUploaded, write.Actor, file, path, path);
        return log.AppendAsync(file.OwnerId, write.File is null ? [new FileEvent(ActivityCategory.FileCreate, write.Actor, file, null, path), content] : [content]);
    }

    private async Task ReleaseAsync(ContentWrite write)
    {
        if (write.Intent.Dropped.Count == 0)
            return;
        await releases.ReleaseAsync(write.Intent.OwnerId, write.Intent.FileId, write.Intent.Dropped, CancellationToken.None);
        await intents.RemoveAsync(write.Intent, CancellationToken.None);
    }

    private async Task TryAsync(ContentWrite write, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StorageException e)
        {
            logger.LogWarning(e, "Something that follows the write {Write} was not done", write.Intent.Operation);
        }
    }

    private static CloudreveException PathNotFound() => new(ErrorCode.PathNotFound, "The file or its folder was deleted or moved in the meantime.");
}
