using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>
/// The drives of all users as folder partitions (docs/architecture.md, Tables). Resolving a path of depth d costs at most
/// d + 1 transactions. Permissions are the caller's business: every method works on the drive of a given owner.
/// </summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="ids">Gives ids to new entries.</param>
/// <param name="clock">Stamps new entries.</param>
public sealed class FileTree(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    /// <summary>The root folder of a user has the user's own id, so finding it costs nothing.</summary>
    /// <param name="userId">The user; below 2^32.</param>
    public static long RootId(long userId) => userId;

    /// <summary>Creates a user's root folder unless it exists. Harmless to repeat.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task CreateRootAsync(long userId, CancellationToken cancellationToken = default)
    {
        try
        {
            var header = NewHeader(RootId(userId), userId);
            header["c"] = clock.GetUtcNow();
            await layout.Files.InsertAsync(header, cancellationToken);
        }
        catch (StorageExistsException)
        {
            // An earlier try made it.
        }
    }

    /// <summary>Finds what is at a path; null when nothing is.</summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="path">Where.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<FileRecord?> FindAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default)
    {
        if (path.IsRoot)
            return await FindRootAsync(ownerId, cancellationToken);
        var folderId = await FindFolderIdAsync(ownerId, path.Parent, cancellationToken);
        return folderId is { } parent ? await FindEntryAsync(parent, path.Name, cancellationToken) : null;
    }

    /// <summary>Finds what is at a path.</summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="path">Where.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40016 when nothing is there.</exception>
    public async Task<FileRecord> GetAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        await FindAsync(ownerId, path, cancellationToken) ?? throw PathNotFound();

    /// <summary>Finds an entry by its id: two transactions; null when it does not exist.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<FileRecord?> FindByIdAsync(long id, CancellationToken cancellationToken = default)
    {
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        if (idRow is null)
            return null;
        var parent = idRow.RequiredNumber("p");
        var key = (FileType)idRow.RequiredNumber("t") == FileType.Folder ? FileKeys.FolderId(id) : FileKeys.FileId(id);
        var row = await layout.Files.FindAsync(FileKeys.Folder(parent), key, cancellationToken);
        return row is null ? null : FileRecord.FromRow(row, parent);
    }

    /// <summary>The path of an entry: two transactions for each folder above it.</summary>
    /// <param name="file">The entry.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40016 when a folder above it is gone.</exception>
    public async Task<FilePath> GetPathAsync(FileRecord file, CancellationToken cancellationToken = default)
    {
        var names = new List<string>();
        for (var current = file; !current.IsRoot;)
        {
            names.Insert(0, current.Name);
            if (current.ParentId == RootId(current.OwnerId))
                break;
            current = await FindByIdAsync(current.ParentId, cancellationToken) ?? throw PathNotFound();
        }
        return new FilePath(names);
    }

    /// <summary>Finds the folder at a path: one transaction for each level; null when there is no folder.</summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="path">Where.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<long?> FindFolderIdAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default)
    {
        var folderId = RootId(ownerId);
        foreach (var name in path.Segments)
        {
            var guard = await FindGuardAsync(folderId, name, cancellationToken);
            if (guard is null || (FileType)guard.RequiredNumber("t") != FileType.Folder)
                return null;
            folderId = guard.RequiredNumber("id");
        }
        return folderId;
    }

    /// <summary>
    /// Creates a file or folder and the folders above it that are missing. An entry of the same type that exists already is
    /// returned as it is, unless <paramref name="failIfExists"/>.
    /// </summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="path">Where; not the root.</param>
    /// <param name="entry">Type, entity, size, times and metadata of the new entry.</param>
    /// <param name="failIfExists">Whether an existing entry of the same type is an error.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 40052 for an illegal name, 40016 when the folder was just deleted, 403 for the root.</exception>
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
            if ((FileType)guard.RequiredNumber("t") != FileType.Folder)
                throw ObjectExists();
            parentId = guard.RequiredNumber("id");
        }
        for (; depth < path.Depth - 1; depth++)
            parentId = (await CreateEntryAsync(ownerId, parentId, path.Segments[depth], NewEntry.Folder, failIfExists: false, cancellationToken)).Id;
        return await CreateEntryAsync(ownerId, parentId, path.Name, entry, failIfExists, cancellationToken);
    }

    /// <summary>Creates an entry in a folder that exists: 2 transactions for a file, 3 for a folder.</summary>
    /// <param name="ownerId">Whose drive.</param>
    /// <param name="parentId">The folder.</param>
    /// <param name="name">The entry's name.</param>
    /// <param name="entry">Type, entity, size, times and metadata of the new entry.</param>
    /// <param name="failIfExists">Whether an existing entry of the same type is an error.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 40052 for an illegal name, 40016 when the folder was just deleted.</exception>
    public async Task<FileRecord> CreateEntryAsync(
        long ownerId, long parentId, string name, NewEntry entry, bool failIfExists, CancellationToken cancellationToken = default)
    {
        FilePath.CheckName(name);
        var now = clock.GetUtcNow();
        var record = new FileRecord
        {
            Id = await ids.NextAsync(IdKind.File, cancellationToken),
            ParentId = parentId,
            OwnerId = ownerId,
            Type = entry.Type,
            Name = name,
            Size = entry.Size,
            PrimaryEntityId = entry.EntityId,
            CreatedAt = now,
            UpdatedAt = entry.UpdatedAt ?? now,
            Metadata = entry.Metadata,
        };
        // Header and id row come first: until the entry itself is in its folder nobody can reach them.
        if (record.Type == FileType.Folder)
            await layout.Files.UpsertAsync(NewHeader(record.Id, ownerId), cancellationToken);
        await layout.FileIds.UpsertAsync(NewIdRow(record), cancellationToken);
        try
        {
            await layout.Files.SubmitAsync(InsertInto(parentId, [record]), cancellationToken);
            return record;
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
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<FileRecord?> FindEntryAsync(long folderId, string name, CancellationToken cancellationToken = default)
    {
        var row = await FindGuardAsync(folderId, name, cancellationToken);
        if (row is not null && (FileType)row.RequiredNumber("t") == FileType.Folder)
            row = await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.FolderName(name), cancellationToken);
        return row is null ? null : FileRecord.FromRow(row, folderId);
    }

    /// <summary>Writes size, times and metadata of a file that is still where it was: one transaction.</summary>
    /// <param name="file">The file as it shall be.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40016 when the file is not there any more.</exception>
    public async Task RefreshAsync(FileRecord file, CancellationToken cancellationToken = default)
    {
        var partition = FileKeys.Folder(file.ParentId);
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        foreach (var row in file.ToRows())
            batch.Replace(row);
        try
        {
            await layout.Files.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            throw PathNotFound();
        }
    }

    internal static Row NewHeader(long folderId, long ownerId) => new(FileKeys.Folder(folderId), FileKeys.Header) { ["id"] = folderId, ["o"] = ownerId };

    internal static Row NewIdRow(FileRecord record) => new(FileKeys.IdBlock(record.Id), FileKeys.Id(record.Id))
    {
        ["p"] = record.ParentId,
        ["t"] = (int)record.Type,
        ["o"] = record.OwnerId,
        ["v"] = 1L,
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

    // A name that could not have been created is not looked up: its key might be one that storage refuses.
    private Task<Row?> FindGuardAsync(long folderId, string name, CancellationToken cancellationToken) =>
        FilePath.IsValidName(name)
            ? layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Name(name), cancellationToken)
            : Task.FromResult<Row?>(null);

    private async Task<FileRecord?> FindRootAsync(long ownerId, CancellationToken cancellationToken)
    {
        var header = await layout.Files.FindAsync(FileKeys.Folder(RootId(ownerId)), FileKeys.Header, cancellationToken);
        var time = header?.Time("c") ?? default;
        return header is null
            ? null
            : new FileRecord
            {
                Id = RootId(ownerId),
                ParentId = 0,
                OwnerId = ownerId,
                Type = FileType.Folder,
                Name = "",
                CreatedAt = time,
                UpdatedAt = time,
            };
    }

    private async Task<FileRecord> ResolveClashAsync(FileRecord record, bool failIfExists, CancellationToken cancellationToken)
    {
        var existing = await FindEntryAsync(record.ParentId, record.Name, cancellationToken);
        // A retried request may find its own first try, which took effect although its answer was lost.
        if (existing?.Id == record.Id)
            return existing;
        await DiscardAsync(record, cancellationToken);
        return existing is null || failIfExists || existing.Type != record.Type ? throw ObjectExists() : existing;
    }

    /// <summary>Takes back the rows of an entry that did not come into its folder.</summary>
    private async Task DiscardAsync(FileRecord record, CancellationToken cancellationToken)
    {
        await layout.FileIds.DeleteAsync(FileKeys.IdBlock(record.Id), FileKeys.Id(record.Id), cancellationToken: cancellationToken);
        if (record.Type == FileType.Folder)
            await layout.Files.DeleteAsync(FileKeys.Folder(record.Id), FileKeys.Header, cancellationToken: cancellationToken);
    }

    private static CloudreveException PathNotFound() => new(ErrorCode.PathNotFound, "The path does not exist.");

    private static CloudreveException ObjectExists() => new(ErrorCode.ObjectExists, "An object of that name exists.");
}

/// <summary>What a new entry is made of.</summary>
/// <param name="Type">File or folder.</param>
public sealed record NewEntry(FileType Type)
{
    /// <summary>A plain folder.</summary>
    public static NewEntry Folder { get; } = new(FileType.Folder);

    /// <summary>The entity of a file's first version; 0 for a file without content.</summary>
    public long EntityId { get; init; }

    /// <summary>Bytes of the first version.</summary>
    public long Size { get; init; }

    /// <summary>When the content last changed; null for now.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Metadata, key to value.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
