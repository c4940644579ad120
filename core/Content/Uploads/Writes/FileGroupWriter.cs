using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Writes many small new files with few transactions. Each of them is a write like that of <see cref="FileContentWriter"/>, with an intent and a
/// charge of its own, so whatever is interrupted is settled like any other; only the transactions are shared. Whatever is unusual about a file (its
/// name is taken, its path locked) is left to a write of its own.
/// </summary>
public sealed class FileGroupWriter
{
    private const int FoldersAtOnce = 4;
    private const int UndoneAtOnce = 8;

    private static readonly TimeSpan s_undoTimeout = TimeSpan.FromSeconds(20);

    private readonly UploadTargets _targets;
    private readonly EntriesByPath _byPath;
    private readonly FolderWriter _folders;
    private readonly DriveLocks _locks;
    private readonly DepthGuard _guard;
    private readonly WriteIntents _intents;
    private readonly WriteStaging _staging;
    private readonly WritePlacement _placement;
    private readonly WriteUndo _undo;
    private readonly IdAllocator _ids;
    private readonly BlobEncryption _encryption;
    private readonly TimeProvider _clock;

    internal FileGroupWriter(
        UploadTargets targets, EntriesByPath byPath, FolderWriter folders, DriveLocks locks, DepthGuard guard, WriteIntents intents,
        WriteStaging staging, WritePlacement placement, WriteUndo undo, IdAllocator ids, BlobEncryption encryption, TimeProvider clock)
    {
        (_targets, _byPath, _folders, _locks, _guard, _intents) = (targets, byPath, folders, locks, guard, intents);
        (_staging, _placement, _undo, _ids, _encryption, _clock) = (staging, placement, undo, ids, encryption, clock);
    }

    /// <summary>
    /// Writes new files: two transactions for the locks, for each folder its path and two and one for each 33 files, for each file its blob, for each
    /// 99 two to charge them, for each 100 an entity batch and a batch of id rows, for each 25 one for the activity log.
    /// </summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="files">The files, of which no two have the same path.</param>
    /// <param name="cancellationToken">Cancels the call; what is not committed yet is taken back.</param>
    /// <returns>What became of each file, in the same order.</returns>
    internal async Task<IReadOnlyList<GroupedWrite>> WriteAsync(Caller caller, IReadOnlyList<GroupedFile> files, CancellationToken cancellationToken)
    {
        var results = new GroupedWrite[files.Count];
        var seen = await _locks.ReadAsync(caller.RequireUser().Id, cancellationToken);
        var places = await FindPlacesAsync(caller, seen, files, cancellationToken);
        if (places.Count == 0)
            return results;
        var members = await DescribeAsync(caller, seen, places, files, cancellationToken);
        try
        {
            await AddIntentsAsync(members, cancellationToken);
            if (!await _staging.TryStageTogetherAsync([.. members.Select(m => m.Write)], [.. members.Select(m => m.Content)], cancellationToken))
            {
                await UndoAsync(members, mayTakeEffectLate: false);
                return results;
            }
            await PlaceAsync(seen, members, results, cancellationToken);
            return results;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UploadSessionExpired)
        {
            // The process was suspended, or storage did not respond for minutes. Writes of their own do not have to be in time together.
            await UndoAsync(members, mayTakeEffectLate: true);
            return results;
        }
        catch
        {
            // The error may hide another, of a call without a response.
            await UndoAsync(members, mayTakeEffectLate: true);
            throw;
        }
        finally
        {
            await FinishAsync(members, results);
        }
    }

    private Task FinishAsync(IReadOnlyList<Member> members, GroupedWrite[] results)
    {
        var written = members.Where(m => results[m.Index].File is not null).Select(m => (m.Write, results[m.Index].File!)).ToList();
        return written.Count > 0 ? _placement.FinishTogetherAsync(written) : Task.CompletedTask;
    }

    /// <summary>The files that can be written as they are, with their folders.</summary>
    private async Task<IReadOnlyList<Place>> FindPlacesAsync(
        Caller caller, DriveControl seen, IReadOnlyList<GroupedFile> files, CancellationToken cancellationToken)
    {
        var places = new Place?[files.Count];
        await BoundedParallel.ForEachAsync(
            Enumerable.Range(0, files.Count).GroupBy(i => files[i].Path.Parent),
            FoldersAtOnce,
            async (folder, token) =>
            {
                if (await FindFolderAsync(seen.OwnerId, folder.Key, token) is not { } folderId)
                    return;
                var taken = await _folders.FindSomeNamesAsync(folderId, folder.Select(i => files[i].Path.Name), token);
                foreach (var i in folder.Where(i => !taken.Contains(files[i].Path.Name)))
                {
                    if (await FindPolicyAsync(caller, seen, files[i], token) is { } policy)
                        places[i] = new Place(i, folderId, policy);
                }
            },
            cancellationToken);
        return [.. places.OfType<Place>()];
    }

    private async Task<long?> FindFolderAsync(long ownerId, FilePath path, CancellationToken cancellationToken)
    {
        try
        {
            return await _byPath.FindFolderIdAsync(ownerId, path, cancellationToken);
        }
        catch (CloudreveException)
        {
            return null;
        }
    }

    /// <summary>The policy of a file; null where a rule or a lock forbids it.</summary>
    private async Task<StoragePolicy?> FindPolicyAsync(Caller caller, DriveControl seen, GroupedFile file, CancellationToken cancellationToken)
    {
        var request = RequestOf(file);
        try
        {
            UploadTargets.RequireUnlocked(seen, request, null);
            return await _targets.CheckAsync(caller, request, cancellationToken);
        }
        catch (CloudreveException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<Member>> DescribeAsync(
        Caller caller, DriveControl seen, IReadOnlyList<Place> places, IReadOnlyList<GroupedFile> files, CancellationToken cancellationToken)
    {
        var (owner, now) = (caller.RequireUser(), _clock.GetUtcNow());
        // It may change while files are looked at; all of a group are written to one container.
        var policy = places[0].Policy;
        var withContent = places.Count(place => files[place.Index].Content.Length > 0);
        var fileId = (await _ids.ReserveAsync(IdKind.File, places.Count, cancellationToken)).First;
        var nextEntity = withContent == 0 ? 0 : (await _ids.ReserveAsync(IdKind.Entity, withContent, cancellationToken)).First;
        var members = new List<Member>(places.Count);
        foreach (var place in places)
        {
            var file = files[place.Index];
            var entityId = file.Content.Length == 0 ? 0 : nextEntity++;
            var write = new ContentWrite
            {
                Request = RequestOf(file),
                Seen = seen,
                ParentId = place.FolderId,
                File = null,
                At = now,
                KeepVersions = VersionRetention.KeptOf(owner.Settings, file.Path.Name),
                Limit = caller.Group.MaxStorage,
                BlockSize = Math.Max(1, file.Content.Length),
                Encryption = policy.Settings.Encryption && entityId != 0 ? await _encryption.CreateAsync(cancellationToken) : null,
                CheckSize = FileRules.Of(policy).CheckSize,
                Intent = new WriteIntent
                {
                    Id = Guid.NewGuid(),
                    OwnerId = owner.Id,
                    FolderId = place.FolderId,
                    FileId = fileId++,
                    IsNewFile = true,
                    EntityId = entityId,
                    Size = file.Content.Length,
                    PolicyId = policy.Id,
                    Source = entityId == 0 ? "" : BlobNaming.Create(policy, new BlobNamingContext(owner.Id, file.Path, entityId, now)),
                },
            };
            members.Add(new Member(place.Index, write, file.Content));
        }
        return members;
    }

    private Task AddIntentsAsync(IReadOnlyList<Member> members, CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        members.GroupBy(m => m.FolderId),
        FoldersAtOnce,
        async (folder, token) =>
        {
            var added = await _intents.AddAllAsync(folder.Key, folder.Select(m => m.Write.Intent), WriteStaging.GroupLifetime, token);
            foreach (var (member, intent) in folder.Zip(added))
                member.Write.Intent = intent;
        },
        cancellationToken);

    private async Task PlaceAsync(DriveControl seen, IReadOnlyList<Member> members, GroupedWrite[] results, CancellationToken cancellationToken)
    {
        var control = await _locks.ReadAsync(seen.OwnerId, cancellationToken);
        await BoundedParallel.ForEachAsync(
            members.GroupBy(m => m.FolderId).SelectMany(folder => folder.Chunk(WritePlacement.MostTogether)),
            FoldersAtOnce,
            async (chunk, token) =>
            {
                var placed = Array.TrueForAll(chunk, m => IsUnlocked(control, m.Write))
                    ? await _placement.TryPlaceTogetherAsync([.. chunk.Select(m => m.Write)], token)
                    : null;
                for (var i = 0; i < chunk.Length; i++)
                    results[chunk[i].Index] = await FinishPlacingAsync(seen, chunk[i].Write, placed?[i], token);
            },
            cancellationToken);
    }

    /// <summary>Places a file that was not placed with others, and checks the depth of one that was.</summary>
    private async Task<GroupedWrite> FinishPlacingAsync(DriveControl seen, ContentWrite write, FileRecord? placed, CancellationToken cancellationToken)
    {
        try
        {
            var file = placed ?? await _placement.PlaceAsync(write, cancellationToken);
            await _guard.RequireAsync(seen, write.Request.Path, file, cancellationToken);
            return new GroupedWrite(file, null);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UploadSessionExpired)
        {
            return default;
        }
        catch (CloudreveException e)
        {
            if (write.Intent.State == WriteState.Open)
                await _undo.TryAsync(write.Intent, mayTakeEffectLate: false);
            return new GroupedWrite(null, e);
        }
    }

    /// <summary>Takes back what was not committed. What fails, or takes too long, is left to <see cref="WriteSettlement"/>.</summary>
    private async Task UndoAsync(IReadOnlyList<Member> members, bool mayTakeEffectLate)
    {
        using var timeout = new CancellationTokenSource(s_undoTimeout, _clock);
        try
        {
            await BoundedParallel.ForEachAsync(
                members.Where(m => m.Write.Intent is { State: WriteState.Open, ETag.Length: > 0 }),
                UndoneAtOnce,
                (member, _) => _undo.TryAsync(member.Write.Intent, mayTakeEffectLate),
                timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // Storage is slow; the intents expire.
        }
    }

    private static bool IsUnlocked(DriveControl control, ContentWrite write)
    {
        try
        {
            UploadTargets.RequireUnlocked(control, write.Request, null);
            return true;
        }
        catch (LockConflictException)
        {
            return false;
        }
    }

    private static UploadRequest RequestOf(GroupedFile file) => new(file.Path, file.Content.Length) { ModifiedAt = file.ModifiedAt };

    private sealed record Place(int Index, long FolderId, StoragePolicy Policy);

    private sealed record Member(int Index, ContentWrite Write, byte[] Content)
    {
        public long FolderId => Write.Intent.FolderId;
    }
}
