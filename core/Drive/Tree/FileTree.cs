using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// The drives of all users as folder partitions (docs/architecture.md, Tables). Resolving a path of depth d costs at most
/// d + 1 transactions. Permissions are the caller's business: every method works on the drive of a given owner.
/// </summary>
/// <param name="ids">Gives ids to new entries.</param>
/// <param name="clock">Stamps new entries.</param>
public sealed class FileTree(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    // An entry is found on the second read, unless it is renamed again and again or its rows contradict each other.
    private const int Rereads = 10;

    /// <summary>The index of the file name's row in a batch of <see cref="InsertInto"/> or <see cref="ReplaceIn"/>: after the header.</summary>
    internal const int FileNameIndex = 1;

    // The index of a folder's full row: after the header and its name.
    private const int FolderRowIndex = 2;

    // Far below the deepest path that can be created: only rows that contradict each other go further.
    private const int MaxWalk = 1_000;

    /// <summary>Keeps entries from getting too deep.</summary>
    internal DriveDepth Depth { get; } = new(layout, clock);

    /// <summary>The root folder of a user has the user's own id, so finding it costs nothing.</summary>
    /// <param name="userId">The user; below 2^32.</param>
    public static long RootId(long userId) => userId;

    /// <summary>Creates a user's root folder unless it exists. Harmless to repeat.</summary>
    /// <param name="userId">The user.</param>
    public async Task CreateRootAsync(long userId, CancellationToken cancellationToken = default)
    {
        try
        {
            var header = NewHeader(RootId(userId), userId);
            header[EntryColumns.CreatedAt] = clock.GetUtcNow();
            await layout.Files.InsertAsync(header, cancellationToken);
        }
        catch (StorageExistsException)
        {
            // An earlier try made it.
        }
    }

    /// <summary>The folder of what a user has moved to the trash. Its entries have random names.</summary>
    /// <param name="userId">The user.</param>
    public static long TrashId(long userId) => -userId;

    /// <summary>Finds the entry at a path; null for none.</summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="path">The path.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public Task<FileRecord?> FindAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        FindBelowAsync(RootId(ownerId), ownerId, path, cancellationToken);

    /// <summary>Finds the entry at a path below a folder; null for none. An empty path finds a root or trash only.</summary>
    /// <param name="topId">The folder.</param>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="path">The path from that folder.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public async Task<FileRecord?> FindBelowAsync(long topId, long ownerId, FilePath path, CancellationToken cancellationToken = default)
    {
        if (path.IsRoot)
            return await FindTopAsync(topId, ownerId, cancellationToken);
        var folder = await FindFolderBelowAsync(topId, path.Parent, cancellationToken);
        return folder is null ? null : await FindEntryAsync(folder.Id, path.Name, cancellationToken);
    }

    /// <summary>Finds what is at a path.</summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="path">The path.</param>
    /// <exception cref="CloudreveException">40016 when nothing is there.</exception>
    public async Task<FileRecord> GetAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        await FindAsync(ownerId, path, cancellationToken) ?? throw PathNotFound();

    /// <summary>Finds the entry at a place that the caller may use; null for none.</summary>
    /// <param name="place">The place.</param>
    public async Task<FileRecord?> FindAsync(DrivePlace place, CancellationToken cancellationToken = default) => place switch
    {
        { Top: { IsSymbolic: true } shortcut } => place.Path.IsRoot ? shortcut : throw Shortcut(),
        // A shared file is in a folder that does not exist (contract, section 8).
        { Top: { Type: FileType.File } file } => place.Path.Depth == 1 && place.Path.Name == file.Name ? file : null,
        { Top: { } folder, Path.IsRoot: true } => folder,
        _ => await FindBelowAsync(place.TopId, place.OwnerId, place.Path, cancellationToken),
    };

    /// <summary>Finds the entry at a place that the caller may use.</summary>
    /// <param name="place">The place.</param>
    /// <exception cref="CloudreveException">40016 when nothing is there.</exception>
    public async Task<FileRecord> GetAsync(DrivePlace place, CancellationToken cancellationToken = default) =>
        await FindAsync(place, cancellationToken) ?? throw PathNotFound();

    /// <summary>Finds a folder that the caller may use, with the view it inherits: path + 1 transactions, one more where no folder below the root has a view.</summary>
    /// <param name="place">The place.</param>
    /// <exception cref="CloudreveException">40016 when there is no folder.</exception>
    public async Task<(FileRecord Folder, string? View)> GetFolderAsync(DrivePlace place, CancellationToken cancellationToken = default)
    {
        if (place.Path.IsRoot)
        {
            var top = await GetAsync(place, cancellationToken);
            return top.IsSymbolic ? throw Shortcut() : (top, top.View);
        }
        // The trash is flat: what is below a deleted folder cannot be seen (contract, section 8).
        if (place.IsTrash || place.Top is { Type: FileType.File })
            throw PathNotFound();
        var parent = await FindFolderBelowAsync(place.TopId, place.Path.Parent, cancellationToken) ?? throw PathNotFound();
        var folder = await FindEntryAsync(parent.Id, place.Path.Name, cancellationToken) ?? throw PathNotFound();
        if (folder.Type != FileType.Folder)
            throw PathNotFound();
        folder = await OpenAsync(folder, cancellationToken);
        return (folder, folder.View ?? parent.View ?? (place.Top ?? await FindTopAsync(place.TopId, place.OwnerId, cancellationToken))?.View);
    }

    /// <summary>Sets the view of a root folder. One transaction.</summary>
    /// <param name="ownerId">The owner.</param>
    /// <param name="view">The view, as JSON; null for the default.</param>
    public Task SetRootViewAsync(long ownerId, string? view, CancellationToken cancellationToken = default) =>
        layout.Files.MergeAsync(new Row(FileKeys.Folder(RootId(ownerId)), FileKeys.Header) { [EntryColumns.View] = view ?? "" }, "*", cancellationToken);

    /// <summary>Finds an entry by its id: two transactions; null when it does not exist.</summary>
    /// <param name="id">The id.</param>
    public async Task<FileRecord?> FindByIdAsync(long id, CancellationToken cancellationToken = default)
    {
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        return idRow is null ? null : await FindByIdRowAsync(idRow, cancellationToken);
    }

    /// <summary>Finds an entry by the row of its id: one transaction; null when it is not there.</summary>
    internal async Task<FileRecord?> FindByIdRowAsync(Row idRow, CancellationToken cancellationToken)
    {
        var id = FileKeys.ParseId(idRow.RowKey);
        var parent = idRow.RequiredNumber(EntryColumns.ParentId);
        var key = idRow.EntryType == FileType.Folder ? FileKeys.FolderId(id) : FileKeys.FileId(id);
        var row = await layout.Files.FindAsync(FileKeys.Folder(parent), key, cancellationToken);
        return row is null ? null : FileRecord.FromRow(row, parent);
    }

    /// <summary>The path of an entry: two transactions for each folder above it.</summary>
    /// <param name="file">The entry.</param>
    /// <exception cref="CloudreveException">40016 when a folder above it is gone; 40078 when it is in the trash.</exception>
    public async Task<FilePath> GetPathAsync(FileRecord file, CancellationToken cancellationToken = default)
    {
        var names = new List<string>();
        for (var current = file; !current.IsRoot;)
        {
            if (current.ParentId == TrashId(current.OwnerId))
                throw new CloudreveException(ErrorCode.FileInTrash, "The file is in the trash.");
            names.Insert(0, current.Name);
            if (current.ParentId == RootId(current.OwnerId))
                break;
            if (names.Count == MaxWalk)
                throw PathNotFound();
            current = await FindByIdAsync(current.ParentId, cancellationToken) ?? throw PathNotFound();
        }
        return new FilePath(names);
    }

    /// <summary>Finds the folder at a path: one transaction for each level; null when there is no folder.</summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="path">The path.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public async Task<long?> FindFolderIdAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        (await FindFolderBelowAsync(RootId(ownerId), path, cancellationToken))?.Id;

    /// <summary>Finds the folder at a path below another, with the view that it inherits: one transaction for each level.</summary>
    /// <param name="topId">The folder to start from.</param>
    /// <param name="path">The path from that folder.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public async Task<FolderPlace?> FindFolderBelowAsync(long topId, FilePath path, CancellationToken cancellationToken = default)
    {
        var place = FolderPlace.Top(topId);
        foreach (var name in path.Segments)
        {
            if (await FindFolderInAsync(place, name, cancellationToken) is not { } below)
                return null;
            place = below;
        }
        return place;
    }

    /// <summary>Finds a folder in another: one transaction; null when there is none.</summary>
    /// <param name="place">The folder above.</param>
    /// <param name="name">The folder's name.</param>
    /// <exception cref="CloudreveException">403 for a shortcut.</exception>
    internal async Task<FolderPlace?> FindFolderInAsync(FolderPlace place, string name, CancellationToken cancellationToken)
    {
        var guard = await FindGuardAsync(place.Id, name, cancellationToken);
        if (guard is null || guard.EntryType != FileType.Folder)
            return null;
        if (guard.Flag(EntryColumns.IsSymbolic))
            await OpenAsync(await FindEntryAsync(place.Id, name, cancellationToken) ?? throw PathNotFound(), cancellationToken);
        return place.Enter(guard.RequiredNumber(EntryColumns.Id), guard.Text(EntryColumns.View));
    }

    /// <summary>
    /// Removes the mark of a shortcut from a folder that is not one (<see cref="MarkedFolders"/>); no transaction for an entry without it.
    /// </summary>
    /// <param name="entry">Any entry.</param>
    public Task<FileRecord> UnmarkAsync(FileRecord entry, CancellationToken cancellationToken = default) =>
        MarkedFolders.UnmarkAsync(layout, this, entry, cancellationToken);

    private async Task<FileRecord> OpenAsync(FileRecord folder, CancellationToken cancellationToken) =>
        await UnmarkAsync(folder, cancellationToken) is { IsSymbolic: false } open ? open : throw Shortcut();

    /// <summary>
    /// Creates a file or folder and the folders above it that are missing. An entry of the same type that exists already is
    /// returned as it is, unless <paramref name="failIfExists"/>.
    /// </summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="path">The path; not the root.</param>
    /// <param name="entry">Type, entity, size, times and metadata of the new entry.</param>
    /// <param name="failIfExists">True if an existing entry of the same type is an error.</param>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40052 for an illegal name, 40016 when the folder was just deleted, 403 for the root and through a shortcut.
    /// </exception>
    public async Task<FileRecord> CreateAsync(
        long ownerId, FilePath path, NewEntry entry, bool failIfExists, CancellationToken cancellationToken = default)
    {
        if (path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "The root folder cannot be created.");
        foreach (var name in path.Segments)
            FilePath.CheckName(name);
        var parentId = RootId(ownerId);
        var depth = 0;
        for (; depth < path.Depth - 1; depth++)
        {
            var guard = await FindGuardAsync(parentId, path.Segments[depth], cancellationToken);
            if (guard is null)
                break;
            if (guard.EntryType != FileType.Folder)
                throw ObjectExists();
            if (guard.Flag(EntryColumns.IsSymbolic))
                throw Shortcut();
            parentId = guard.RequiredNumber(EntryColumns.Id);
        }
        await Depth.NoteAsync(ownerId, entry.Type == FileType.Folder ? path.Depth : path.Depth - 1, cancellationToken);
        for (; depth < path.Depth - 1; depth++)
        {
            var folder = await CreateEntryAsync(ownerId, parentId, path.Segments[depth], NewEntry.Folder, failIfExists: false, cancellationToken);
            parentId = folder.IsSymbolic ? throw Shortcut() : folder.Id;
        }
        return await CreateEntryAsync(ownerId, parentId, path.Name, entry, failIfExists, cancellationToken);
    }

    /// <summary>Creates an entry in a folder that exists: 2 transactions for a file, 3 for a folder.</summary>
    /// <param name="ownerId">The owner of the drive.</param>
    /// <param name="parentId">The folder.</param>
    /// <param name="name">The entry's name.</param>
    /// <param name="entry">Type, entity, size, times and metadata of the new entry.</param>
    /// <param name="failIfExists">True if an existing entry of the same type is an error.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 40052 for an illegal name, 40016 when the folder was just deleted.</exception>
    public async Task<FileRecord> CreateEntryAsync(
        long ownerId, long parentId, string name, NewEntry entry, bool failIfExists, CancellationToken cancellationToken = default)
    {
        FilePath.CheckName(name);
        var now = clock.GetUtcNow();
        var record = new FileRecord
        {
            Id = entry.Id != 0 ? entry.Id : await ids.NextEntryAsync(ownerId, entry.Type, cancellationToken),
            ParentId = parentId,
            OwnerId = ownerId,
            Type = entry.Type,
            Name = name,
            Size = entry.Size,
            PrimaryEntityId = entry.EntityId,
            CreatedAt = entry.CreatedAt ?? now,
            UpdatedAt = entry.UpdatedAt ?? now,
            Metadata = entry.Metadata,
        };
        if (record.IsSymbolic)
            await layout.Shares.UpsertAsync(ShortcutList.RowOf(record), cancellationToken);
        // Header and id row come first: until the entry itself is in its folder nobody can reach them.
        if (record.Type == FileType.Folder)
            await layout.Files.UpsertAsync(NewHeader(record.Id, ownerId), cancellationToken);
        await layout.FileIds.UpsertAsync(NewIdRow(record), cancellationToken);
        try
        {
            var etags = await layout.Files.SubmitAsync(InsertInto(parentId, [record]), cancellationToken);
            return record with { ETag = etags[record.Type == FileType.File ? FileNameIndex : FolderRowIndex] ?? "" };
        }
        catch (StorageNotFoundException)
        {
            await DiscardAsync(record, cancellationToken);
            throw PathNotFound();
        }
        catch (StorageExistsException)
        {
            return await ResolveClashAsync(record, failIfExists, cancellationToken);
        }
    }

    /// <summary>One entry of a folder by name: one transaction for a file, two for a folder; null when there is none.</summary>
    /// <param name="folderId">The folder.</param>
    /// <param name="name">The entry's name.</param>
    public async Task<FileRecord?> FindEntryAsync(long folderId, string name, CancellationToken cancellationToken = default)
    {
        var row = await FindGuardAsync(folderId, name, cancellationToken);
        if (row is not null && !row.IsPending && row.EntryType == FileType.Folder)
            row = await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.FolderName(name), cancellationToken);
        return row is null ? null : FileRecord.FromRow(row, folderId);
    }

    /// <summary>
    /// Changes an entry that may have been changed meanwhile: one transaction for one that was read by its name, more when a
    /// competing call came first, whose change is kept.
    /// </summary>
    /// <param name="file">The entry as it was read.</param>
    /// <param name="change">
    /// Builds the new entry from the current one; called again after a competing change, so it must have no effects. Id, owner, type,
    /// name and folder stay as they are. Returning its argument writes nothing; throwing ends the call.
    /// </param>
    /// <returns>The entry as it is stored.</returns>
    /// <exception cref="CloudreveException">40016 when the entry is gone; 409 while it is being moved.</exception>
    public async Task<FileRecord> UpdateAsync(FileRecord file, Func<FileRecord, FileRecord> change, CancellationToken cancellationToken = default)
    {
        var current = file.ETag.Length > 0 ? file : await ReadAgainAsync(file, cancellationToken);
        while (true)
        {
            if (current.PendingMove is not null)
                throw new CloudreveException(ErrorCode.Conflict, "The item is being moved. Try again.");
            var changed = change(current);
            if (ReferenceEquals(changed, current))
                return current;
            try
            {
                return changed with { ETag = await ReplaceAsync(changed, current.ETag, cancellationToken) };
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                current = await ReadAgainAsync(current, cancellationToken);
            }
        }
    }

    /// <summary>Reads an entry again, wherever it was renamed or moved to meanwhile: two transactions, four for one that was moved.</summary>
    /// <param name="file">The entry as it was read before.</param>
    /// <exception cref="CloudreveException">40016 when the entry is gone.</exception>
    public async Task<FileRecord> ReadAgainAsync(FileRecord file, CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; attempt < Rereads; attempt++)
        {
            var key = file.Type == FileType.Folder ? FileKeys.FolderId(file.Id) : FileKeys.FileId(file.Id);
            var byId = await layout.Files.FindAsync(FileKeys.Folder(file.ParentId), key, cancellationToken) is { } row
                ? FileRecord.FromRow(row, file.ParentId)
                : await FindByIdAsync(file.Id, cancellationToken) ?? throw PathNotFound();
            var byName = await layout.Files.FindAsync(FileKeys.Folder(byId.ParentId), byId.GuardedKey, cancellationToken);
            // Renamed between the two reads: read again.
            if (byName is not null && byName.RequiredNumber(EntryColumns.Id) == file.Id)
                return FileRecord.FromRow(byName, byId.ParentId);
        }
        // It is renamed all the time, or its name is missing: further reads would not help.
        throw new CloudreveException(ErrorCode.Conflict, "The item is being changed. Try again.");
    }

    private async Task<string> ReplaceAsync(FileRecord file, string etag, CancellationToken cancellationToken)
    {
        var etags = await layout.Files.SubmitAsync(ReplaceIn(file, etag), cancellationToken);
        return etags[file.Type == FileType.File ? FileNameIndex : FolderRowIndex] ?? "";
    }

    /// <summary>A batch that replaces an entry if its guarded row has a version, and fails as a whole once the folder is deleted.</summary>
    internal static TableBatch ReplaceIn(FileRecord file, string etag)
    {
        var partition = FileKeys.Folder(file.ParentId);
        var guarded = file.GuardedKey;
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        foreach (var row in file.ToRows())
            batch.Replace(row, row.RowKey == guarded ? etag : "*");
        return batch;
    }

    /// <summary>Checks whether a folder still exists: one transaction.</summary>
    internal async Task<bool> IsAliveAsync(long folderId, CancellationToken cancellationToken) =>
        await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Header, cancellationToken) is not null;

    internal static Row NewHeader(long folderId, long ownerId) => new(FileKeys.Folder(folderId), FileKeys.Header) { [EntryColumns.Id] = folderId, [EntryColumns.OwnerId] = ownerId };

    internal static Row NewIdRow(FileRecord record) => NewIdRow(record.Id, record.Type, record.ParentId, record.OwnerId, record.CreatedAt);

    internal static Row NewIdRow(long id, FileType type, long parentId, long ownerId, DateTimeOffset createdAt) => new(FileKeys.IdBlock(id), FileKeys.Id(id))
    {
        [EntryColumns.ParentId] = parentId,
        [EntryColumns.Type] = (int)type,
        [EntryColumns.OwnerId] = ownerId,
        [EntryColumns.MoveVersion] = 1L,
        // For the administration's lists and charts.
        [EntryColumns.CreatedAt] = createdAt,
    };

    /// <summary>A batch that inserts entries into a folder and fails as a whole once the folder is deleted.</summary>
    internal static TableBatch InsertInto(long folderId, IEnumerable<FileRecord> entries)
    {
        var partition = FileKeys.Folder(folderId);
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        foreach (var row in entries.SelectMany(e => e.ToRows()))
            batch.Insert(row);
        return batch;
    }

    // A name that no entry can have is not looked up: its key might be one that storage refuses.
    private async Task<Row?> FindGuardAsync(long folderId, string name, CancellationToken cancellationToken)
    {
        if (!FilePath.IsStoredName(name))
            return null;
        var row = await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Name(name), cancellationToken);
        return row is null || !row.IsPending || await IsHereAsync(row, folderId, cancellationToken) ? row : null;
    }

    /// <summary>Checks whether an entry that a move brings to a folder has arrived: the id row decides.</summary>
    private async Task<bool> IsHereAsync(Row pending, long folderId, CancellationToken cancellationToken)
    {
        var id = pending.RequiredNumber(EntryColumns.Id);
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        return idRow is not null && idRow.RequiredNumber(EntryColumns.ParentId) == folderId && idRow.RequiredNumber(EntryColumns.MoveVersion) == (pending.Number(EntryColumns.MoveVersion) ?? 1);
    }

    /// <summary>A folder that is a list and not part of a drive.</summary>
    internal static FileRecord Virtual(long ownerId) =>
        new() { Id = 0, ParentId = 0, OwnerId = ownerId, Type = FileType.Folder, Name = "", CreatedAt = default, UpdatedAt = default };

    private static CloudreveException Shortcut() => new(ErrorCode.NoPermission, "A shortcut cannot be opened directly. Follow its target.");

    private async Task<FileRecord?> FindTopAsync(long topId, long ownerId, CancellationToken cancellationToken)
    {
        var header = await layout.Files.FindAsync(FileKeys.Folder(topId), FileKeys.Header, cancellationToken);
        // The trash is created by the first move to it.
        if (header is null && topId != TrashId(ownerId))
            return null;
        var time = header?.Time(EntryColumns.CreatedAt) ?? default;
        return new FileRecord
        {
            Id = topId,
            ParentId = 0,
            OwnerId = ownerId,
            Type = FileType.Folder,
            Name = "",
            CreatedAt = time,
            UpdatedAt = time,
            // A merge cannot remove a property.
            View = header?.Text(EntryColumns.View) is { Length: > 0 } view ? view : null,
        };
    }

    private async Task<FileRecord> ResolveClashAsync(FileRecord record, bool failIfExists, CancellationToken cancellationToken)
    {
        var existing = await FindEntryAsync(record.ParentId, record.Name, cancellationToken);
        // A retried request may find its own first try, which took effect although its response was lost.
        if (existing?.Id == record.Id)
            return existing;
        await DiscardAsync(record, cancellationToken);
        return existing is null || failIfExists || existing.Type != record.Type ? throw ObjectExists() : existing;
    }

    /// <summary>Removes the id row of a file whose creation did not reach the folder. Two transactions.</summary>
    internal async Task DiscardUncommittedAsync(long id, long parentId, CancellationToken cancellationToken)
    {
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        // An entry that was moved or deleted since then had been created.
        if (idRow is not null && idRow.RequiredNumber(EntryColumns.ParentId) == parentId && idRow.RequiredNumber(EntryColumns.MoveVersion) == 1)
            await layout.FileIds.DeleteAsync(idRow.PartitionKey, idRow.RowKey, idRow.ETag, cancellationToken);
    }

    /// <summary>Removes the rows of an entry that did not reach its folder.</summary>
    private async Task DiscardAsync(FileRecord record, CancellationToken cancellationToken)
    {
        await layout.FileIds.DeleteAsync(FileKeys.IdBlock(record.Id), FileKeys.Id(record.Id), cancellationToken: cancellationToken);
        if (record.Type == FileType.Folder)
            await layout.Files.DeleteAsync(FileKeys.Folder(record.Id), FileKeys.Header, cancellationToken: cancellationToken);
    }

    private static CloudreveException PathNotFound() => new(ErrorCode.PathNotFound, "The path does not exist.");

    private static CloudreveException ObjectExists() => new(ErrorCode.ObjectExists, "An item with this name already exists.");
}
