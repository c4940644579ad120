using Cloudreve.AzureStorage;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// Adds entries to drives. Until the batch that names an entry in its folder nobody can reach it, so a crash leaves nothing that counts.
/// </summary>
/// <param name="byPath">Finds what is there already.</param>
/// <param name="depths">Keeps entries from getting too deep.</param>
/// <param name="ids">Gives ids to new entries.</param>
/// <param name="clock">Stamps new entries.</param>
public sealed class EntryCreation(StorageLayout layout, EntriesByPath byPath, DriveDepth depths, IdAllocator ids, TimeProvider clock)
{
    private readonly MissingFolders _missing = new(byPath, new FolderWriter(layout), depths, ids, clock);

    /// <summary>
    /// Creates a file or folder and the folders above it that are missing. An entry of the same type that exists already is
    /// returned as it is, unless <paramref name="failIfExists"/>.
    /// </summary>
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
        var parentId = DriveRoots.RootId(ownerId);
        var depth = 0;
        for (; depth < path.Depth - 1; depth++)
        {
            var guard = await byPath.FindGuardAsync(parentId, path.Segments[depth], cancellationToken);
            if (guard is null)
                break;
            if (guard.EntryType != FileType.Folder)
                throw EntryErrors.ObjectExists();
            if (guard.Flag(EntryColumns.IsSymbolic))
                throw EntryErrors.Shortcut();
            parentId = guard.RequiredNumber(EntryColumns.Id);
        }
        await depths.NoteAsync(ownerId, entry.Type == FileType.Folder ? path.Depth : path.Depth - 1, cancellationToken);
        for (; depth < path.Depth - 1; depth++)
        {
            var folder = await CreateEntryAsync(ownerId, parentId, path.Segments[depth], NewEntry.Folder, failIfExists: false, cancellationToken);
            parentId = folder.IsSymbolic ? throw EntryErrors.Shortcut() : folder.Id;
        }
        return await CreateEntryAsync(ownerId, parentId, path.Name, entry, failIfExists, cancellationToken);
    }

    /// <inheritdoc cref="MissingFolders.MakeAsync"/>
    internal Task<IReadOnlyCollection<FilePath>> CreateFoldersAsync(
        long ownerId, FilePath top, IEnumerable<FilePath> paths, CancellationToken cancellationToken) =>
        _missing.MakeAsync(ownerId, top, paths, cancellationToken);

    /// <summary>Creates an entry in a folder that exists: 2 transactions for a file, 3 for a folder.</summary>
    /// <param name="parentId">The folder.</param>
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
            await layout.Files.UpsertAsync(EntryRows.NewHeader(record.Id, ownerId), cancellationToken);
        await layout.FileIds.UpsertAsync(EntryRows.NewIdRow(record), cancellationToken);
        try
        {
            var etags = await layout.Files.SubmitAsync(EntryRows.InsertInto(parentId, record), cancellationToken);
            return record with { ETag = EntryRows.ETagOf(record.Type, etags) };
        }
        catch (StorageNotFoundException)
        {
            await DiscardAsync(record, cancellationToken);
            throw EntryErrors.PathNotFound();
        }
        catch (StorageExistsException)
        {
            return await ResolveClashAsync(record, failIfExists, cancellationToken);
        }
    }

    private async Task<FileRecord> ResolveClashAsync(FileRecord record, bool failIfExists, CancellationToken cancellationToken)
    {
        var existing = await byPath.FindEntryAsync(record.ParentId, record.Name, cancellationToken);
        // A retried request may find its own first try, which took effect although its response was lost.
        if (existing?.Id == record.Id)
            return existing;
        await DiscardAsync(record, cancellationToken);
        return existing is null || failIfExists || existing.Type != record.Type ? throw EntryErrors.ObjectExists() : existing;
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
}
