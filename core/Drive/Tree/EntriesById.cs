using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Finds entries by their ids, wherever they have been moved to, and the way back: the path of an entry.</summary>
public sealed class EntriesById(StorageLayout layout)
{
    // An entry is found on the second read, unless it is renamed again and again or its rows contradict each other.
    private const int Rereads = 10;

    // Far below the deepest path that can be created: only rows that contradict each other go further.
    private const int MaxWalk = 1_000;

    /// <summary>Finds an entry by its id: two transactions; null when it does not exist.</summary>
    public async Task<FileRecord?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var idRow = await layout.FileIds.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        return idRow is null ? null : await FindByRowAsync(idRow, cancellationToken);
    }

    /// <summary>Finds an entry by the row of its id: one transaction; null when it is not there.</summary>
    internal async Task<FileRecord?> FindByRowAsync(Row idRow, CancellationToken cancellationToken)
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
            if (current.ParentId == DriveRoots.TrashId(current.OwnerId))
                throw new CloudreveException(ErrorCode.FileInTrash, "The file is in the trash.");
            names.Insert(0, current.Name);
            if (current.ParentId == DriveRoots.RootId(current.OwnerId))
                break;
            if (names.Count == MaxWalk)
                throw EntryErrors.PathNotFound();
            current = await FindAsync(current.ParentId, cancellationToken) ?? throw EntryErrors.PathNotFound();
        }
        return new FilePath(names);
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
                : await FindAsync(file.Id, cancellationToken) ?? throw EntryErrors.PathNotFound();
            var byName = await layout.Files.FindAsync(FileKeys.Folder(byId.ParentId), byId.GuardedKey, cancellationToken);
            // Renamed between the two reads: read again.
            if (byName is not null && byName.RequiredNumber(EntryColumns.Id) == file.Id)
                return FileRecord.FromRow(byName, byId.ParentId);
        }
        // It is renamed all the time, or its name is missing: further reads would not help.
        throw new CloudreveException(ErrorCode.Conflict, "The item is being changed. Try again.");
    }

    /// <summary>Checks whether a folder still exists: one transaction.</summary>
    internal async Task<bool> IsFolderAsync(long folderId, CancellationToken cancellationToken) =>
        await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.Header, cancellationToken) is not null;
}
