using System.Globalization;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>
/// Renames, moves, trashes, restores and deletes entries of a drive. Each costs the same whatever is below a folder
/// (docs/performance.md). Permissions are checked before (<see cref="DriveAccess"/>).
/// </summary>
public sealed partial class DriveOperations
{
    private readonly EntriesByPath _byPath;
    private readonly EntryCreation _creation;
    private readonly EntryUpdates _updates;
    private readonly DriveDepth _depths;
    private readonly DepthGuard _guard;
    private readonly DriveSettlement _settlement;
    private readonly Relocator _relocator;
    private readonly Renaming _renaming;
    private readonly TreeCopy _copy;
    private readonly IdAllocator _ids;
    private readonly TrashSchedule _schedule;
    private readonly ActivityLog _log;
    private readonly TimeProvider _clock;
    private readonly DriveTurns _turns = new();

    internal DriveOperations(
        EntriesByPath byPath, EntryCreation creation, EntryUpdates updates, DriveDepth depths, DepthGuard guard, DriveSettlement settlement,
        Relocator relocator, Renaming renaming, TreeCopy copy, IdAllocator ids, TrashSchedule schedule, ActivityLog log, TimeProvider clock)
    {
        (_byPath, _creation, _updates, _depths, _guard, _settlement) = (byPath, creation, updates, depths, guard, settlement);
        (_relocator, _renaming, _copy, _ids, _schedule, _log, _clock) = (relocator, renaming, copy, ids, schedule, log, clock);
    }

    /// <summary>Creates an entry and the folders above it that are missing. Path + 4 transactions, 3 more for each missing folder.</summary>
    /// <param name="failIfExists">True if an existing entry of the same type is an error.</param>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40052 for an illegal name, 403 for the root, 40073 for locks, 40001 when a folder above was moved too deep meanwhile.
    /// </exception>
    public async Task<FileRecord> CreateAsync(
        DriveWork work, FilePath path, NewEntry entry, bool failIfExists, CancellationToken cancellationToken = default)
    {
        var control = await ControlAsync(work, cancellationToken);
        control.Require(path, LockScope.Membership, work.LockTokens);
        var id = entry.Id != 0 ? entry.Id : await _ids.NextEntryAsync(work.OwnerId, entry.Type, cancellationToken);
        var file = await _creation.CreateAsync(work.OwnerId, path, entry with { Id = id }, failIfExists, cancellationToken);
        if (file.Id != id)
            return file;
        await _guard.RequireAsync(control, path, file, cancellationToken);
        work.Events.Enqueue(new FileEvent(ActivityCategory.FileCreate, work.Actor, file, null, path));
        return file;
    }

    /// <summary>Creates an entry in a folder that exists. Path + 4 transactions, one more for a folder.</summary>
    /// <exception cref="CloudreveException">
    /// 40016 for a missing folder, 40004 for a clash, 40052 for an illegal name, 403 for the root, 40073 for locks, 40001 when it would be too deep.
    /// </exception>
    public async Task<FileRecord> CreateMemberAsync(DriveWork work, FilePath path, NewEntry entry, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        FilePath.CheckName(path.Name);
        var control = await ControlAsync(work, cancellationToken);
        control.Require(path, LockScope.Membership, work.LockTokens);
        var folder = await FindFolderAsync(work, path.Parent, cancellationToken);
        await _depths.NoteAsync(work.OwnerId, entry.Type == FileType.Folder ? path.Depth : path.Depth - 1, cancellationToken);
        var file = await _creation.CreateEntryAsync(work.OwnerId, folder.Id, path.Name, entry, failIfExists: true, cancellationToken);
        await _guard.RequireAsync(control, path, file, cancellationToken);
        work.Events.Enqueue(new FileEvent(ActivityCategory.FileCreate, work.Actor, file, null, path));
        return file;
    }

    /// <summary>Renames an entry in its folder. Path + 3 transactions.</summary>
    /// <param name="check">Throws when the entry may not have the name.</param>
    /// <exception cref="CloudreveException">40016, 403 for a root, 40052 for an illegal name, 40004 for a clash, 40073 for locks.</exception>
    public async Task<FileRecord> RenameAsync(
        DriveWork work, FilePath path, string newName, Action<FileRecord> check, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        FilePath.CheckName(newName);
        var target = path.Parent.Child(newName);
        return await RetryAsync(work, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            control.Require(path, LockScope.Subtree, work.LockTokens);
            control.Require(target, LockScope.Membership, work.LockTokens);
            var entry = await FindAsync(work, path, cancellationToken);
            check(entry);
            if (entry.Name == newName)
                return entry;
            var renamed = await _renaming.RenameAsync(entry, newName, cancellationToken);
            if (entry.Type == FileType.Folder)
                work.Forget();
            work.Events.Enqueue(new FileEvent(ActivityCategory.FileRename, work.Actor, renamed, path, target));
            return renamed;
        }, cancellationToken);
    }

    /// <summary>Changes metadata, view or the like of an entry. Path + 3 transactions.</summary>
    /// <param name="category">The category of the change.</param>
    /// <param name="change">Makes the new entry of the current one; see <see cref="EntryUpdates.UpdateAsync"/>.</param>
    /// <exception cref="CloudreveException">40016 for a missing path, 403 for a root, 40073 for locks.</exception>
    public Task<FileRecord> UpdateAsync(
        DriveWork work, FilePath path, ActivityCategory category, Func<FileRecord, FileRecord> change, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        return RetryAsync(work, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            control.Require(path, LockScope.Self, work.LockTokens);
            var updated = await _updates.UpdateAsync(await FindAsync(work, path, cancellationToken), change, cancellationToken);
            work.Events.Enqueue(new FileEvent(category, work.Actor, updated, path, path));
            return updated;
        }, cancellationToken);
    }

    /// <summary>Moves an entry with all that is below it to another folder. Both paths + 9 transactions.</summary>
    /// <param name="destination">The folder that it comes into.</param>
    /// <param name="newName">Its name there; null for the same.</param>
    /// <exception cref="CloudreveException">
    /// 40016 for a missing path, 403 for a root, a shortcut as destination, or a folder into itself, 40004 for a clash, 40073 for locks,
    /// 40001 when something would get too deep.
    /// </exception>
    public Task<FileRecord> MoveAsync(
        DriveWork work, FilePath path, FilePath destination, string? newName = null, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        return InTurnAsync(work, DriveRoots.RootId(work.OwnerId), path, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            control.Require(path, LockScope.Subtree, work.LockTokens);
            var entry = await FindAsync(work, path, cancellationToken);
            var name = newName ?? entry.Name;
            // An entry keeps the name that an earlier release gave it.
            if (newName is not null)
                FilePath.CheckName(newName);
            control.Require(destination.Child(name), LockScope.Membership, work.LockTokens);
            var folder = await FindFolderAsync(work, destination, cancellationToken);
            if (entry.Type == FileType.Folder && folder.Ids.Contains(entry.Id))
                throw new CloudreveException(ErrorCode.NoPermission, "A folder cannot be moved into itself.");
            if (folder.Id == entry.ParentId)
                return name == entry.Name ? throw EntryErrors.ObjectExists() : await _renaming.RenameAsync(entry, name, cancellationToken);
            var moved = await _guard.MoveAsync(
                control, entry, (path.Depth, destination.Depth + 1), folder.Id, f => f with { Name = name, Metadata = MetadataKeys.WithoutSource(f.Metadata) }, cancellationToken);
            work.Events.Enqueue(new FileEvent(ActivityCategory.MoveTo, work.Actor, moved, path, destination.Child(name)));
            return moved;
        }, cancellationToken);
    }

    /// <summary>Copies an entry with all that is below it. Both paths + 12 transactions, and N/20 + 4 F for N files in F folders below it.</summary>
    /// <param name="destination">The folder that the copy comes into.</param>
    /// <param name="newName">The copy's name; null for the same.</param>
    /// <exception cref="CloudreveException">
    /// 40016 for a missing path, 403 for a root or a folder into itself, 40004 for a clash, 40051 for the quota, 40073 for locks, 40079 for
    /// too many entries, 40001 when something would get too deep.
    /// </exception>
    public Task<FileRecord> CopyAsync(
        DriveWork work, FilePath path, FilePath destination, CopyLimits limits, string? newName = null, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        return RetryAsync(work, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            var entry = await FindAsync(work, path, cancellationToken);
            var name = newName ?? entry.Name;
            FilePath.CheckName(name);
            control.Require(destination.Child(name), LockScope.Membership, work.LockTokens);
            var folder = await FindFolderAsync(work, destination, cancellationToken);
            if (entry.Type == FileType.Folder && folder.Ids.Contains(entry.Id))
                throw new CloudreveException(ErrorCode.NoPermission, "A folder cannot be copied into itself.");
            DriveDepth.Require(destination.Depth + 1);
            var below = await _copy.ReadAsync(entry, limits.MaxEntries, cancellationToken);
            var (levels, folderLevels) = TreeCopy.LevelsOf(entry, below);
            DriveDepth.Require(destination.Depth + 1 + levels);
            await _depths.NoteAsync(work.OwnerId, destination.Depth + 1 + folderLevels, cancellationToken);
            var top = TreeCopy.Copy(entry, await _ids.NextEntryAsync(work.OwnerId, entry.Type, cancellationToken), folder.Id, _clock.GetUtcNow()) with { Name = name };
            var added = await _relocator.AddAsync(
                control, top, intent => _copy.WriteAsync(top, entry.Id, below, intent.ChargeId, limits, cancellationToken), cancellationToken);
            await _guard.RequireForCopyAsync(control, destination.Child(name), added, (levels, folderLevels), cancellationToken);
            work.Events.Enqueue(new FileEvent(ActivityCategory.CopyFrom, work.Actor, added, null, destination.Child(name)));
            work.Events.Enqueue(new FileEvent(ActivityCategory.CopyTo, work.Actor, entry, path, path));
            return added;
        }, cancellationToken);
    }

    /// <summary>Moves an entry with all that is below it to the trash. Path + 8 transactions.</summary>
    /// <param name="restoreUri">Its original location, as the trash notes it.</param>
    /// <param name="retention">The time that it stays.</param>
    /// <exception cref="CloudreveException">40016 for a missing path, 403 for a root, 40073 for locks.</exception>
    public Task<FileRecord> TrashAsync(DriveWork work, FilePath path, string restoreUri, TimeSpan retention, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        var expires = _clock.GetUtcNow() + retention;
        // The same for every try, so that one note is enough.
        var name = Guid.NewGuid().ToString();
        return InTurnAsync(work, DriveRoots.RootId(work.OwnerId), path, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            control.Require(path, LockScope.Subtree, work.LockTokens);
            var entry = await FindAsync(work, path, cancellationToken);
            var trashed = Trashed(entry, name, restoreUri, expires);
            await _schedule.AddAsync(work.OwnerId, trashed, expires, cancellationToken);
            var moved = await _relocator.MoveAsync(
                control, entry, DriveRoots.TrashId(work.OwnerId), f => f with { Name = trashed.Name, Metadata = trashed.Metadata },
                cancellationToken: cancellationToken);
            work.Events.Enqueue(new FileEvent(ActivityCategory.MoveToTrash, work.Actor, moved with { Name = entry.Name }, path, null));
            return moved;
        }, cancellationToken);
    }

    /// <summary>Moves an entry of the trash back, or to another folder. Path of the destination + 10 transactions.</summary>
    /// <param name="trashName">Its name in the trash.</param>
    /// <param name="destination">The destination; null for the original folder.</param>
    /// <exception cref="CloudreveException">40016 when it or the folder is not there, 40004 for a clash, 40073 for locks.</exception>
    public Task<FileRecord> RestoreAsync(DriveWork work, string trashName, FilePath? destination, CancellationToken cancellationToken = default) =>
        InTurnAsync(work, DriveRoots.TrashId(work.OwnerId), InTrash(trashName), async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            var entry = await FindTrashedAsync(work, trashName, cancellationToken);
            var origin = OriginOf(entry) ?? throw new CloudreveException(ErrorCode.PathNotFound, "The item's original location is unknown.");
            var target = destination is null ? origin : destination.Child(origin.Name);
            control.Require(target, LockScope.Membership, work.LockTokens);
            var folder = await FindFolderAsync(work, target.Parent, cancellationToken);
            var restored = await _guard.MoveAsync(
                control, entry, (origin.Depth, target.Depth), folder.Id, f => Restored(f, target.Name), cancellationToken);
            work.Events.Enqueue(new FileEvent(ActivityCategory.MoveTo, work.Actor, restored, null, target));
            return restored;
        }, cancellationToken);

    /// <summary>Deletes an entry for good, with all that is below it.</summary>
    /// <param name="keepBlobs">True if blobs stay in their containers.</param>
    /// <exception cref="CloudreveException">40016 for a missing path, 403 for a root, 40073 for locks.</exception>
    public Task DeleteAsync(DriveWork work, FilePath path, bool keepBlobs, CancellationToken cancellationToken = default)
    {
        RequireNotRoot(path);
        return InTurnAsync(work, DriveRoots.RootId(work.OwnerId), path, async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            control.Require(path, LockScope.Subtree, work.LockTokens);
            var entry = await FindAsync(work, path, cancellationToken);
            await _relocator.DeleteAsync(control, entry, keepBlobs, cancellationToken);
            work.Events.Enqueue(new FileEvent(ActivityCategory.DeleteFile, work.Actor, entry, path, null));
            return entry;
        }, cancellationToken);
    }

    /// <summary>Deletes an entry of the trash for good, with all that is below it.</summary>
    /// <param name="trashName">Its name in the trash.</param>
    /// <param name="keepBlobs">True if blobs stay in their containers.</param>
    /// <exception cref="CloudreveException">40016 when it is not there.</exception>
    public Task DeleteTrashedAsync(DriveWork work, string trashName, bool keepBlobs, CancellationToken cancellationToken = default) =>
        InTurnAsync(work, DriveRoots.TrashId(work.OwnerId), InTrash(trashName), async () =>
        {
            var control = await ControlAsync(work, cancellationToken);
            var entry = await FindTrashedAsync(work, trashName, cancellationToken);
            await _relocator.DeleteAsync(control, entry, keepBlobs, cancellationToken);
            return entry;
        }, cancellationToken);

    /// <summary>Deletes everything in a user's trash for good.</summary>
    /// <param name="names">The entries' names.</param>
    /// <param name="cancellationToken">Cancels the call between two entries.</param>
    public async Task EmptyTrashAsync(DriveWork work, IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        foreach (var name in names)
        {
            try
            {
                await DeleteTrashedAsync(work, name, keepBlobs: false, cancellationToken);
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
            {
                // Somebody else was faster.
            }
        }
    }

    /// <summary>Writes the events of a request: one transaction for each 50. To be called once its changes are done.</summary>
    public async Task PublishAsync(DriveWork work, CancellationToken cancellationToken = default)
    {
        var events = new List<FileEvent>();
        while (work.Events.TryDequeue(out var next))
            events.Add(next);
        if (events.Count > 0)
            await _log.AppendAsync(work.OwnerId, events, cancellationToken);
    }

    /// <summary>The original location of an entry of the trash; null when it is unknown.</summary>
    public static FilePath? OriginOf(FileRecord entry) =>
        entry.Metadata.TryGetValue(MetadataKeys.RestoreUri, out var uri) ? FileUri.ParseStored(uri).Path : null;

    private static FileRecord Trashed(FileRecord entry, string name, string restoreUri, DateTimeOffset expires) => entry with
    {
        Name = name,
        Metadata = new Dictionary<string, string>(entry.Metadata)
        {
            [MetadataKeys.RestoreUri] = restoreUri,
            [MetadataKeys.ExpectedCollectTime] = expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        },
    };

    private static FilePath InTrash(string trashName) => trashName.Length == 0 ? FilePath.Root : new([trashName]);

    private static FileRecord Restored(FileRecord entry, string name) =>
        entry with { Name = name, Metadata = MetadataKeys.WithMarksOf(entry.Metadata, null) };

    private async Task<FileRecord> FindTrashedAsync(DriveWork work, string trashName, CancellationToken cancellationToken)
    {
        var trash = DriveRoots.TrashId(work.OwnerId);
        return work.Take(trash, InTrash(trashName))
            ?? await _settlement.RequireSettledAsync(work.OwnerId, await _byPath.FindEntryAsync(trash, trashName, cancellationToken), cancellationToken);
    }

    private async Task<FileRecord> FindAsync(DriveWork work, FilePath path, CancellationToken cancellationToken)
    {
        if (work.Take(DriveRoots.RootId(work.OwnerId), path) is { } known)
            return known;
        var folder = await FindFolderAsync(work, path.Parent, cancellationToken);
        return await _settlement.RequireSettledAsync(work.OwnerId, await _byPath.FindEntryAsync(folder.Id, path.Name, cancellationToken), cancellationToken);
    }

    private async Task<FolderPlace> FindFolderAsync(DriveWork work, FilePath path, CancellationToken cancellationToken) =>
        await WalkAsync(work, path, cancellationToken) ?? throw EntryErrors.PathNotFound();

    /// <summary>Finds a folder; those on the way are found once for all items of a request.</summary>
    private async Task<FolderPlace?> WalkAsync(DriveWork work, FilePath path, CancellationToken cancellationToken)
    {
        return path.IsRoot ? FolderPlace.Top(DriveRoots.RootId(work.OwnerId)) : await work.FolderAsync(path, FindAsync);

        async Task<FolderPlace?> FindAsync() =>
            await WalkAsync(work, path.Parent, cancellationToken) is { } above ? await _byPath.FindFolderInAsync(above, path.Name, cancellationToken) : null;
    }

    private static void RequireNotRoot(FilePath path)
    {
        if (path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "The root folder cannot be changed.");
    }
}
