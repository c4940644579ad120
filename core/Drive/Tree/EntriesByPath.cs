using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// Finds entries by their paths: a path of depth d costs at most d + 1 transactions. Permissions are the caller's business
/// (<see cref="DriveAccess"/>).
/// </summary>
/// <param name="roots">Finds where drives begin.</param>
/// <param name="marked">Opens folders that only look like shortcuts.</param>
public sealed class EntriesByPath(StorageLayout layout, DriveRoots roots, MarkedFolders marked)
{
    /// <summary>Finds the entry at a path; null for none.</summary>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public Task<FileRecord?> FindAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        FindBelowAsync(DriveRoots.RootId(ownerId), ownerId, path, cancellationToken);

    /// <summary>Finds the entry at a path below a folder; null for none. An empty path finds a root or trash only.</summary>
    /// <param name="topId">The folder.</param>
    /// <param name="path">The path from that folder.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public async Task<FileRecord?> FindBelowAsync(long topId, long ownerId, FilePath path, CancellationToken cancellationToken = default)
    {
        if (path.IsRoot)
            return await roots.FindAsync(topId, ownerId, cancellationToken);
        var folder = await FindFolderBelowAsync(topId, path.Parent, cancellationToken);
        return folder is null ? null : await FindEntryAsync(folder.Id, path.Name, cancellationToken);
    }

    /// <summary>Finds what is at a path.</summary>
    /// <exception cref="CloudreveException">40016 when nothing is there.</exception>
    public async Task<FileRecord> GetAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        await FindAsync(ownerId, path, cancellationToken) ?? throw EntryErrors.PathNotFound();

    /// <summary>Finds the entry at a place that the caller may use; null for none.</summary>
    public async Task<FileRecord?> FindAsync(DrivePlace place, CancellationToken cancellationToken = default) => place switch
    {
        { Top: { IsSymbolic: true } shortcut } => place.Path.IsRoot ? shortcut : throw EntryErrors.Shortcut(),
        // A shared file is in a folder that does not exist (contract, section 8).
        { Top: { Type: FileType.File } file } => place.Path.Depth == 1 && place.Path.Name == file.Name ? file : null,
        { Top: { } folder, Path.IsRoot: true } => folder,
        _ => await FindBelowAsync(place.TopId, place.OwnerId, place.Path, cancellationToken),
    };

    /// <summary>Finds the entry at a place that the caller may use.</summary>
    /// <exception cref="CloudreveException">40016 when nothing is there.</exception>
    public async Task<FileRecord> GetAsync(DrivePlace place, CancellationToken cancellationToken = default) =>
        await FindAsync(place, cancellationToken) ?? throw EntryErrors.PathNotFound();

    /// <summary>Finds a folder that the caller may use, with the view it inherits: path + 1 transactions, one more where no folder below the root has a view.</summary>
    /// <exception cref="CloudreveException">40016 when there is no folder.</exception>
    public async Task<(FileRecord Folder, string? View)> GetFolderAsync(DrivePlace place, CancellationToken cancellationToken = default)
    {
        if (place.Path.IsRoot)
        {
            var top = await GetAsync(place, cancellationToken);
            return top.IsSymbolic ? throw EntryErrors.Shortcut() : (top, top.View);
        }
        // The trash is flat: what is below a deleted folder cannot be seen (contract, section 8).
        if (place.IsTrash || place.Top is { Type: FileType.File })
            throw EntryErrors.PathNotFound();
        var parent = await FindFolderBelowAsync(place.TopId, place.Path.Parent, cancellationToken) ?? throw EntryErrors.PathNotFound();
        var folder = await FindEntryAsync(parent.Id, place.Path.Name, cancellationToken) ?? throw EntryErrors.PathNotFound();
        if (folder.Type != FileType.Folder)
            throw EntryErrors.PathNotFound();
        folder = await OpenAsync(folder, cancellationToken);
        return (folder, folder.View ?? parent.View ?? (place.Top ?? await roots.FindAsync(place.TopId, place.OwnerId, cancellationToken))?.View);
    }

    /// <summary>Finds the folder at a path: one transaction for each level; null when there is no folder.</summary>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    public async Task<long?> FindFolderIdAsync(long ownerId, FilePath path, CancellationToken cancellationToken = default) =>
        (await FindFolderBelowAsync(DriveRoots.RootId(ownerId), path, cancellationToken))?.Id;

    /// <summary>Finds the folder at a path below another, with the view that it inherits: one transaction for each level.</summary>
    /// <param name="topId">The folder to start from.</param>
    /// <param name="path">The path from that folder.</param>
    /// <exception cref="CloudreveException">403 for a path through a shortcut.</exception>
    internal async Task<FolderPlace?> FindFolderBelowAsync(long topId, FilePath path, CancellationToken cancellationToken = default)
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
            await OpenAsync(await FindEntryAsync(place.Id, name, cancellationToken) ?? throw EntryErrors.PathNotFound(), cancellationToken);
        return place.Enter(guard.RequiredNumber(EntryColumns.Id), guard.Text(EntryColumns.View));
    }

    /// <summary>One entry of a folder by name: one transaction for a file, two for a folder; null when there is none.</summary>
    public async Task<FileRecord?> FindEntryAsync(long folderId, string name, CancellationToken cancellationToken = default)
    {
        var row = await FindGuardAsync(folderId, name, cancellationToken);
        if (row is not null && !row.IsPending && row.EntryType == FileType.Folder)
            row = await layout.Files.FindAsync(FileKeys.Folder(folderId), FileKeys.FolderName(name), cancellationToken);
        return row is null ? null : FileRecord.FromRow(row, folderId);
    }

    private async Task<FileRecord> OpenAsync(FileRecord folder, CancellationToken cancellationToken) =>
        await marked.UnmarkAsync(folder, cancellationToken) is { IsSymbolic: false } open ? open : throw EntryErrors.Shortcut();

    /// <summary>Finds the row that holds a name in a folder: one transaction, two where a move is bringing an entry of this name.</summary>
    internal async Task<Row?> FindGuardAsync(long folderId, string name, CancellationToken cancellationToken)
    {
        // A name that no entry can have is not looked up: its key might be one that storage refuses.
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
}
