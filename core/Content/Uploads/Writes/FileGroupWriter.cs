using System.Collections.Concurrent;
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

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Writes many small new files with few transactions: in groups that are committed as a whole, each with one intent and one charge, so what is
/// interrupted is settled like any other write. Whatever is unusual about a file (its name is taken, its path locked) is left to a write of its own.
/// </summary>
public sealed class FileGroupWriter
{
    private const int GroupsAtOnce = 4;

    // A name that was taken meanwhile keeps the others of its group from being committed, too. A second look at the names finds it.
    private const int Rounds = 2;

    private static readonly TimeSpan s_undoTimeout = TimeSpan.FromSeconds(20);

    private readonly GroupPlaces _places;
    private readonly DriveLocks _locks;
    private readonly DepthGuard _guard;
    private readonly WriteIntents _intents;
    private readonly GroupStaging _staging;
    private readonly WritePlacement _placement;
    private readonly WriteUndo _undo;
    private readonly IdAllocator _ids;
    private readonly BlobEncryption _encryption;
    private readonly TimeProvider _clock;

    internal FileGroupWriter(
        GroupPlaces places, DriveLocks locks, DepthGuard guard, WriteIntents intents, GroupStaging staging, WritePlacement placement, WriteUndo undo,
        IdAllocator ids, BlobEncryption encryption, TimeProvider clock)
    {
        (_places, _locks, _guard, _intents, _staging) = (places, locks, guard, intents, staging);
        (_placement, _undo, _ids, _encryption, _clock) = (placement, undo, ids, encryption, clock);
    }

    /// <summary>
    /// Writes new files: two transactions for the locks, two to charge them, one for each folder on their paths, for each of their own three and one
    /// for each 49 files, for each file its blob, for each 100 an entity batch and a batch of id rows, and those of the activity log.
    /// </summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="files">The files, of which no two have the same path.</param>
    /// <param name="cancellationToken">Cancels the call; what is not committed yet is taken back.</param>
    /// <returns>What became of each file, in the same order.</returns>
    internal async Task<IReadOnlyList<GroupedWrite>> WriteAsync(Caller caller, IReadOnlyList<GroupedFile> files, CancellationToken cancellationToken)
    {
        var results = new GroupedWrite[files.Count];
        IReadOnlyList<int> wanted = [.. Enumerable.Range(0, files.Count)];
        for (var round = 0; round < Rounds && wanted.Count > 0; round++)
            wanted = await WriteAsync(caller, files, wanted, results, cancellationToken);
        return results;
    }

    /// <returns>Indexes of files that were not committed since another of their group could not be.</returns>
    private async Task<IReadOnlyList<int>> WriteAsync(
        Caller caller, IReadOnlyList<GroupedFile> files, IReadOnlyList<int> wanted, GroupedWrite[] results, CancellationToken cancellationToken)
    {
        var seen = await _locks.ReadAsync(caller.RequireUser().Id, cancellationToken);
        var places = await _places.FindAsync(caller, seen, files, wanted, cancellationToken);
        if (places.Count == 0)
            return [];
        var groups = await DescribeAsync(caller, seen, places, files, cancellationToken);
        try
        {
            await AddIntentsAsync(groups, cancellationToken);
            if (await _staging.TryStageAsync(groups, cancellationToken))
                return await PlaceAsync(seen, groups, results, cancellationToken);
            await UndoAsync(groups, mayTakeEffectLate: false);
            return [];
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UploadSessionExpired)
        {
            // The process was suspended, or storage did not respond for minutes. Writes of their own do not have to be in time together.
            await UndoAsync(groups, mayTakeEffectLate: true);
            return [];
        }
        catch
        {
            // The error may hide another, of a call without a response.
            await UndoAsync(groups, mayTakeEffectLate: true);
            throw;
        }
        finally
        {
            await FinishAsync(groups, results);
        }
    }

    private Task FinishAsync(IReadOnlyList<WriteGroup> groups, GroupedWrite[] results)
    {
        var written = groups.SelectMany(group => group.Members).Where(m => results[m.Index].File is not null).Select(m => (m.Write, results[m.Index].File!)).ToList();
        return written.Count > 0 ? _placement.FinishTogetherAsync(written) : Task.CompletedTask;
    }

    private async Task<IReadOnlyList<WriteGroup>> DescribeAsync(
        Caller caller, DriveControl seen, IReadOnlyList<GroupPlace> places, IReadOnlyList<GroupedFile> files, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        // It may change while files are looked at; all are written to one container.
        var policy = places[0].Policy;
        var withContent = places.Count(place => files[place.Index].Content.Length > 0);
        var fileId = (await _ids.ReserveAsync(IdKind.File, places.Count, cancellationToken)).First;
        var nextEntity = withContent == 0 ? 0 : (await _ids.ReserveAsync(IdKind.Entity, withContent, cancellationToken)).First;
        var groups = new List<WriteGroup>();
        foreach (var chunk in places.GroupBy(place => place.FolderId).SelectMany(folder => folder.Chunk(WriteGroup.MostFiles)))
        {
            var members = new List<GroupMember>(chunk.Length);
            foreach (var place in chunk)
            {
                var file = files[place.Index];
                var entityId = file.Content.Length == 0 ? 0 : nextEntity++;
                var intended = new IntendedFile(
                    fileId++, entityId, file.Content.Length,
                    entityId == 0 ? "" : BlobNaming.Create(policy, new BlobNamingContext(seen.OwnerId, file.Path, entityId, now)));
                var key = policy.Settings.Encryption && entityId != 0 ? await _encryption.CreateAsync(cancellationToken) : null;
                members.Add(new GroupMember(place.Index, WriteOf(caller, seen, file, place with { Policy = policy }, intended, key, now), file.Content));
            }
            groups.Add(GroupOf(members));
        }
        return groups;
    }

    private static ContentWrite WriteOf(
        Caller caller, DriveControl seen, GroupedFile file, GroupPlace place, IntendedFile intended, string? encryption, DateTimeOffset now) => new()
        {
            Request = file.Request,
            Seen = seen,
            ParentId = place.FolderId,
            File = null,
            At = now,
            KeepVersions = VersionRetention.KeptOf(caller.RequireUser().Settings, file.Path.Name),
            Limit = caller.Group.MaxStorage,
            BlockSize = Math.Max(1, file.Content.Length),
            Encryption = encryption,
            TaskId = file.TaskId,
            CheckSize = FileRules.Of(place.Policy).CheckSize,
            Intent = new WriteIntent
            {
                Id = Guid.Empty,
                OwnerId = seen.OwnerId,
                FolderId = place.FolderId,
                FileId = intended.FileId,
                IsNewFile = true,
                EntityId = intended.EntityId,
                Size = intended.Size,
                PolicyId = place.Policy.Id,
                Source = intended.Source,
            },
        };

    private static WriteGroup GroupOf(List<GroupMember> members)
    {
        var first = members[0].Write.Intent;
        return new WriteGroup
        {
            Members = members,
            Intent = new WriteIntent
            {
                Id = Guid.NewGuid(),
                OwnerId = first.OwnerId,
                FolderId = first.FolderId,
                FileId = 0,
                IsNewFile = true,
                Size = members.Sum(member => member.Write.Intent.Size),
                PolicyId = first.PolicyId,
                Group = [.. members.SelectMany(member => member.Write.Intent.Files)],
            },
        };
    }

    private Task AddIntentsAsync(IReadOnlyList<WriteGroup> groups, CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        groups.GroupBy(group => group.Intent.FolderId),
        GroupsAtOnce,
        async (folder, token) =>
        {
            var added = await _intents.AddAllAsync(folder.Key, folder.Select(group => group.Intent), token);
            foreach (var (group, intent) in folder.Zip(added))
                group.Intent = intent;
        },
        cancellationToken);

    private async Task<IReadOnlyList<int>> PlaceAsync(
        DriveControl seen, IReadOnlyList<WriteGroup> groups, GroupedWrite[] results, CancellationToken cancellationToken)
    {
        var control = await _locks.ReadAsync(seen.OwnerId, cancellationToken);
        var left = new ConcurrentBag<int>();
        await BoundedParallel.ForEachAsync(
            groups,
            GroupsAtOnce,
            async (group, token) =>
            {
                if (await TryPlaceAsync(control, group, token) is { } files)
                {
                    foreach (var (member, file) in group.Members.Zip(files))
                        results[member.Index] = await CheckDepthAsync(seen, member.Write, file, token);
                }
                else if (group.Intent.State == WriteState.Open)
                {
                    await _undo.TryAsync(group.Intent, mayTakeEffectLate: false);
                    group.Intent = group.Intent with { State = WriteState.Closed };
                    foreach (var member in group.Members)
                        left.Add(member.Index);
                }
            },
            cancellationToken);
        return [.. left.Order()];
    }

    /// <returns>The files; null when none was committed. Then others have undone the group if it is closed.</returns>
    private async Task<IReadOnlyList<FileRecord>?> TryPlaceAsync(DriveControl control, WriteGroup group, CancellationToken cancellationToken)
    {
        if (!group.Writes.All(write => GroupPlaces.IsUnlocked(control, write.Request)))
            return null;
        try
        {
            return await _placement.TryPlaceTogetherAsync(group, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.UploadSessionExpired)
        {
            group.Intent = group.Intent with { State = WriteState.Closed };
            return null;
        }
    }

    /// <summary>Checks the depth of a file that was placed.</summary>
    private async Task<GroupedWrite> CheckDepthAsync(DriveControl seen, ContentWrite write, FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            await _guard.RequireAsync(seen, write.Request.Path, file, cancellationToken);
            return new GroupedWrite(file, null);
        }
        catch (CloudreveException e)
        {
            return new GroupedWrite(null, e);
        }
    }

    /// <summary>Takes back what was not committed. What fails, or takes too long, is left to <see cref="WriteSettlement"/>.</summary>
    private async Task UndoAsync(IReadOnlyList<WriteGroup> groups, bool mayTakeEffectLate)
    {
        using var timeout = new CancellationTokenSource(s_undoTimeout, _clock);
        try
        {
            await BoundedParallel.ForEachAsync(
                groups.Where(group => group.Intent is { State: WriteState.Open, ETag.Length: > 0 }),
                GroupsAtOnce,
                (group, _) => _undo.TryAsync(group.Intent, mayTakeEffectLate),
                timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // Storage is slow; the intents expire.
        }
    }
}
