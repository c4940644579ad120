using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Gives a file content that a workflow has staged as blocks. It is a write like any other, except for its intent: its id comes from the
/// workflow, and it waits a day for the workflow to return, so each step can be repeated after a crash.
/// </summary>
/// <param name="targets">Finds the file.</param>
/// <param name="byPath">Finds files by path.</param>
/// <param name="creation">Makes folders.</param>
/// <param name="guard">Refuses what came too deep.</param>
/// <param name="intents">The rows of writes.</param>
/// <param name="staging">Stores what nobody can see yet.</param>
/// <param name="placement">Gives the file its content.</param>
/// <param name="undo">Takes back what was not committed.</param>
/// <param name="entities">Determines what was committed.</param>
/// <param name="blobs">Drop blocks.</param>
/// <param name="ids">Numbers entities and files.</param>
/// <param name="encryption">Makes keys.</param>
/// <param name="clock">Stamps versions.</param>
internal sealed class StoredContentWriter(
    UploadTargets targets, EntriesByPath byPath, EntryCreation creation, DepthGuard guard, DriveLocks locks, WriteIntents intents,
    WriteStaging staging, WritePlacement placement, WriteUndo undo, EntityStore entities, UploadBlobs blobs, IdAllocator ids,
    BlobEncryption encryption, TimeProvider clock)
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(1);

    /// <summary>Throws unless a new file may be created at a path. The path's transactions, and one more.</summary>
    /// <exception cref="CloudreveException">As for <see cref="FileContentWriter.WriteAsync"/>; 40004 for any existing file.</exception>
    public async Task CheckNewAsync(Caller caller, FilePath path, CancellationToken cancellationToken)
    {
        var request = new UploadRequest(path, 0);
        await targets.CheckAsync(caller, request, cancellationToken);
        var target = await targets.FindAsync(await locks.ReadAsync(caller.RequireUser().Id, cancellationToken), request, cancellationToken);
        if (target.ParentId is null)
            await CheckFoldersAsync(caller.UserId, path.Parent, cancellationToken);
    }

    /// <summary>A missing folder can be created, unless a file is in its place.</summary>
    private async Task CheckFoldersAsync(long ownerId, FilePath path, CancellationToken cancellationToken)
    {
        var folderId = DriveRoots.RootId(ownerId);
        foreach (var name in path.Segments)
        {
            var entry = await byPath.FindEntryAsync(folderId, name, cancellationToken);
            if (entry is null)
                return;
            folderId = entry is { Type: FileType.Folder, IsSymbolic: false } ? entry.Id : throw UploadTargets.ObjectExists();
        }
    }

    /// <summary>Decides where the content of a file will be. Nothing is written.</summary>
    /// <exception cref="CloudreveException">40006, 40050 and 40052: the group cannot store such a file.</exception>
    public async Task<StoredContent> BeginAsync(Caller caller, FilePath path, CancellationToken cancellationToken)
    {
        var policy = await targets.CheckAsync(caller, new UploadRequest(path, 0), cancellationToken);
        var entityId = await ids.NextAsync(IdKind.Entity, cancellationToken);
        var name = BlobNaming.Create(policy, new BlobNamingContext(caller.UserId, path, entityId, clock.GetUtcNow()));
        return new StoredContent(
            Guid.NewGuid(), entityId, policy.Id, name, policy.Settings.Encryption ? await encryption.CreateAsync(cancellationToken) : null);
    }

    /// <summary>Bytes of the largest file that may be stored at a path. No transaction when the policy is cached.</summary>
    /// <exception cref="CloudreveException">As for <see cref="BeginAsync"/>.</exception>
    public async Task<long> MaxSizeAsync(Caller caller, FilePath path, CancellationToken cancellationToken) =>
        await targets.CheckAsync(caller, new UploadRequest(path, 0), cancellationToken) is { MaxSize: > 0 and var most }
            ? Math.Min(most, ChunkPlan.MaxBlob)
            : ChunkPlan.MaxBlob;

    /// <summary>Finds the place of the content, and makes its folder if it is missing.</summary>
    /// <exception cref="CloudreveException">40004, 40049 and others: the file cannot be written.</exception>
    /// <exception cref="RetryLaterException">The path is locked.</exception>
    public async Task<StoredPlace> FindPlaceAsync(Caller caller, FilePath path, long size, CancellationToken cancellationToken)
    {
        var request = RequestOf(path, size);
        await targets.CheckAsync(caller, request, cancellationToken);
        var target = await FindAsync(await locks.ReadAsync(caller.UserId, cancellationToken), request, cancellationToken);
        var folderId = target.ParentId
            ?? (await creation.CreateAsync(caller.UserId, path.Parent, NewEntry.Folder, failIfExists: false, cancellationToken)).Id;
        return new StoredPlace(folderId, target.File?.Id ?? await ids.NextAsync(IdKind.File, cancellationToken), target.File is null, size);
    }

    /// <summary>Gives the file its content; harmless to repeat. A domain error undoes everything.</summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="place">The place, as noted before.</param>
    /// <param name="stage">Stages the last blocks, and returns all in order.</param>
    /// <exception cref="CloudreveException">40051 for the quota, and others: nothing is left of the content.</exception>
    /// <exception cref="RetryLaterException">The path is locked, or the file is being changed.</exception>
    public async Task WriteAsync(
        Caller caller, FilePath path, StoredContent content, StoredPlace place,
        Func<CancellationToken, Task<IReadOnlyList<string>>> stage,
        CancellationToken cancellationToken)
    {
        var intent = IntentOf(caller.UserId, content, place);
        var found = await intents.FindAsync(intent, cancellationToken);
        if (found is { State: WriteState.Written } || (found is null && await IsCommittedAsync(content, cancellationToken)))
            return;
        if (found is { State: WriteState.Closed })
            throw UploadSessions.Expired();
        intent = found ?? await intents.AddAsync(intent, s_lifetime, cancellationToken);
        try
        {
            var write = await DescribeAsync(caller, path, content, intent, place.AlreadyCharged, cancellationToken);
            await staging.StageStoredAsync(write, await stage(cancellationToken), cancellationToken);
            var file = await placement.PlaceAsync(write, cancellationToken);
            if (write.File is null)
                await guard.RequireAsync(write.Seen, path, file, cancellationToken);
            await placement.FinishAsync(write, file);
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.LockConflict or ErrorCode.Conflict)
        {
            throw new RetryLaterException(e.Message, e);
        }
        catch (CloudreveException)
        {
            await undo.TryAsync(intent, mayTakeEffectLate: false);
            throw;
        }
    }

    /// <summary>Removes content that no file has received. Harmless to repeat.</summary>
    /// <returns>False when a file has received it.</returns>
    public async Task<bool> DiscardAsync(long ownerId, StoredContent content, StoredPlace? place, CancellationToken cancellationToken)
    {
        if (place is not null)
        {
            var found = await intents.FindAsync(IntentOf(ownerId, content, place), cancellationToken);
            if (found is { State: WriteState.Written } || (found is null && await IsCommittedAsync(content, cancellationToken)))
                return false;
            if (found is { State: WriteState.Open })
            {
                await undo.CloseAsync(found, cancellationToken);
                return true;
            }
        }
        await blobs.DiscardAsync(content.PolicyId, content.Source, isInBlocks: true, cancellationToken);
        return true;
    }

    /// <summary>An entity without an intent: its write was committed, since one that was undone removes it.</summary>
    private async Task<bool> IsCommittedAsync(StoredContent content, CancellationToken cancellationToken) =>
        await entities.FindAsync(content.EntityId, cancellationToken) is not null;

    private async Task<ContentWrite> DescribeAsync(
        Caller caller, FilePath path, StoredContent content, WriteIntent intent, long alreadyCharged, CancellationToken cancellationToken)
    {
        var request = RequestOf(path, intent.Size);
        var policy = await targets.GetPolicyAsync(intent.PolicyId, cancellationToken);
        var seen = await locks.ReadAsync(caller.UserId, cancellationToken);
        var target = await FindAsync(seen, request, cancellationToken);
        // The intent is in the folder that was found first.
        if (target.ParentId != intent.FolderId)
            throw new CloudreveException(ErrorCode.PathNotFound, "The destination folder was moved or deleted in the meantime.");
        return new ContentWrite
        {
            Request = request,
            Seen = seen,
            ParentId = target.ParentId,
            File = target.File,
            At = clock.GetUtcNow(),
            KeepVersions = VersionRetention.KeptOf(caller.RequireUser().Settings, path.Name),
            Limit = caller.Group.MaxStorage > long.MaxValue - alreadyCharged ? long.MaxValue : caller.Group.MaxStorage + alreadyCharged,
            CheckSize = FileRules.Of(policy).CheckSize,
            BlockSize = intent.Size,
            Encryption = content.Encryption,
            PreviousId = target.File?.PrimaryEntityId ?? 0,
            Intent = intent,
        };
    }

    private async Task<UploadTarget> FindAsync(DriveControl seen, UploadRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await targets.FindAsync(seen, request, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.LockConflict)
        {
            throw new RetryLaterException(e.Message, e);
        }
    }

    private static UploadRequest RequestOf(FilePath path, long size) => new(path, size) { Overwrites = true };

    private static WriteIntent IntentOf(long ownerId, StoredContent content, StoredPlace place) => new()
    {
        Id = content.WriteId,
        OwnerId = ownerId,
        FolderId = place.FolderId,
        FileId = place.FileId,
        IsNewFile = place.IsNewFile,
        EntityId = content.EntityId,
        Size = place.Size,
        PolicyId = content.PolicyId,
        Source = content.Source,
        IsInBlocks = true,
    };
}
