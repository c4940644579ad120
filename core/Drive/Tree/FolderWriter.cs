using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The name of an existing entry, and its owner.</summary>
/// <param name="Id">The existing entry's id.</param>
/// <param name="Type">File or folder.</param>
/// <param name="Size">The existing file's size in bytes; 0 for a folder.</param>
public sealed record NameGuard(long Id, FileType Type, long Size)
{
    /// <summary>True if the entry is a shortcut, which cannot contain anything.</summary>
    public bool IsSymbolic { get; init; }
}

/// <summary>An entry of a folder as its name shows it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Guard">The entry.</param>
/// <param name="File">The file in full; null for a folder.</param>
internal sealed record NamedEntry(string Name, NameGuard Guard, FileRecord? File);

/// <summary>Writes many entries into folders with few transactions. Everything here may be repeated without harm.</summary>
public sealed class FolderWriter(StorageLayout layout)
{
    private const int Writers = 4;

    /// <summary>
    /// Writes the id rows of new entries, and the headers of new folders, unless an earlier try wrote them: what has become of its entries stays.
    /// </summary>
    /// <param name="entries">Entries with ids that nobody else has.</param>
    /// <returns>The ids of entries that an earlier try inserted and that are elsewhere now, or deleted: they must not be inserted again.</returns>
    public async Task<IReadOnlySet<long>> PrepareAsync(IReadOnlyList<FileRecord> entries, CancellationToken cancellationToken = default)
    {
        var gone = await WriteIdRowsAsync(entries, cancellationToken);
        await WriteHeadersAsync(entries.Where(entry => !gone.Contains(entry.Id)), cancellationToken);
        return gone;
    }

    /// <summary>Undoes what <see cref="PrepareAsync"/> wrote for entries that were not created.</summary>
    public async Task DiscardAsync(IReadOnlyList<FileRecord> entries, CancellationToken cancellationToken = default)
    {
        await DeleteHeadersAsync(entries.Where(e => e.Type == FileType.Folder).Select(e => e.Id), cancellationToken);
        await IdRows.DeleteAsync(layout.FileIds, entries.Select(e => e.Id), cancellationToken);
    }

    private Task DeleteHeadersAsync(IEnumerable<long> folderIds, CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        folderIds,
        Writers,
        (id, token) => layout.Files.DeleteAsync(FileKeys.Folder(id), FileKeys.Header, cancellationToken: token),
        cancellationToken);

    /// <summary>
    /// Inserts prepared entries into one folder: one transaction for each 49 files or 33 folders while names are free.
    /// </summary>
    /// <param name="entries">The entries; names are unique among them.</param>
    /// <returns>Ids of the entries whose names belong to others, with the owners of the names. An entry that an earlier try inserted counts as inserted.</returns>
    /// <exception cref="CloudreveException">40016 when the folder does not exist any more.</exception>
    public async Task<IReadOnlyDictionary<long, NameGuard>> InsertAsync(
        long folderId, IReadOnlyList<FileRecord> entries, CancellationToken cancellationToken = default)
    {
        var clashes = new ConcurrentDictionary<long, NameGuard>();
        var ordered = entries.OrderBy(e => FileKeys.Name(e.Name), StringComparer.Ordinal).ToList();
        await BoundedParallel.ForEachAsync(
            Chunk(ordered),
            Writers,
            (chunk, token) => InsertChunkAsync(folderId, chunk, clashes, token),
            cancellationToken);
        return clashes;
    }

    /// <summary>
    /// Finds the names among some that a folder has already: one transaction for each 1,000 rows between the first and the last name.
    /// </summary>
    internal async Task<IReadOnlyDictionary<string, NameGuard>> FindNamesAsync(
        long folderId, IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        var byKey = names.ToDictionary(FileKeys.Name);
        var found = new Dictionary<string, NameGuard>();
        if (byKey.Count == 0)
            return found;
        var first = byKey.Keys.Min(StringComparer.Ordinal)!;
        var last = byKey.Keys.Max(StringComparer.Ordinal)!;
        await foreach (var row in layout.Files.QueryAsync(new RowRange(FileKeys.Folder(folderId), first, last + "\uF0FF"), cancellationToken))
        {
            if (byKey.TryGetValue(row.RowKey, out var name))
                found[name] = GuardOf(row);
        }
        return found;
    }

    /// <summary>The entries of a part of a folder, by name: one transaction for each 1,000.</summary>
    /// <param name="folderId">The folder.</param>
    /// <param name="first">The first name; null for the folder's first.</param>
    /// <param name="last">The last name; null for the folder's last.</param>
    internal IAsyncEnumerable<NamedEntry> ReadNamesAsync(long folderId, string? first, string? last, CancellationToken cancellationToken)
    {
        var range = new RowRange(
            FileKeys.Folder(folderId),
            first is null ? FileKeys.NamePrefix : FileKeys.Name(first),
            last is null ? RowRange.After(FileKeys.NamePrefix) : FileKeys.Name(last) + "\uF0FF");
        return layout.Files.QueryAsync(range, cancellationToken).Select(row => new NamedEntry(
            FileKeys.ParseName(row.RowKey), GuardOf(row), row.EntryType == FileType.File ? FileRecord.FromRow(row, folderId) : null));
    }

    private static NameGuard GuardOf(Row row) =>
        new(row.RequiredNumber(EntryColumns.Id), row.EntryType, row.Number(EntryColumns.Size) ?? 0) { IsSymbolic = row.Flag(EntryColumns.IsSymbolic) };

    /// <summary>
    /// Finds names among some that a folder has already, as far as a look at 1,000 rows from the first name on tells: one transaction. A name that is
    /// not found may be taken all the same, which the insertion shows.
    /// </summary>
    /// <param name="folderId">The folder.</param>
    internal async Task<IReadOnlySet<string>> FindSomeNamesAsync(long folderId, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var byKey = names.ToDictionary(FileKeys.Name);
        var range = new RowRange(FileKeys.Folder(folderId), byKey.Keys.Min(StringComparer.Ordinal)!, byKey.Keys.Max(StringComparer.Ordinal)! + "\uF0FF");
        var page = await layout.Files.QueryPageAsync(range, cancellationToken: cancellationToken);
        return page.Rows.Select(row => byKey.GetValueOrDefault(row.RowKey)).OfType<string>().ToHashSet();
    }

    /// <summary>
    /// Finds the entries with ids of two runs that were created: two transactions for each folder, more for more than 1,000 entries.
    /// </summary>
    /// <param name="folderIds">The folders that they were meant for.</param>
    /// <param name="files">The run of files' ids.</param>
    /// <param name="folders">The run of folders' ids.</param>
    internal async Task<IReadOnlyList<FileRecord>> FindInsertedAsync(
        IReadOnlyCollection<long> folderIds, IdRange files, IdRange folders, CancellationToken cancellationToken = default)
    {
        var inserted = new List<FileRecord>();
        foreach (var folderId in folderIds)
        {
            foreach (var (ids, key) in ((IdRange, Func<long, string>)[])[(files, FileKeys.FileId), (folders, FileKeys.FolderId)])
            {
                if (ids.Count == 0)
                    continue;
                var range = new RowRange(FileKeys.Folder(folderId), key(ids.First), key(ids.First + ids.Count));
                await foreach (var row in layout.Files.QueryAsync(range, cancellationToken))
                    inserted.Add(FileRecord.FromRow(row, folderId));
            }
        }
        return inserted;
    }

    /// <summary>
    /// Finds the entries with ids of a run that were created and have been moved since, to another folder or to the trash: one transaction for
    /// each block of 1,000 ids. An entry that was only renamed is still in its intended place.
    /// </summary>
    /// <param name="folderIds">The folders that they were meant for.</param>
    /// <param name="ids">The run of ids.</param>
    internal async Task<IReadOnlySet<long>> FindMovedAsync(
        IReadOnlyCollection<long> folderIds, IdRange ids, CancellationToken cancellationToken = default)
    {
        var moved = new HashSet<long>();
        await foreach (var row in IdRows.ReadAsync(layout.FileIds, ids, cancellationToken))
        {
            if (HasMoved(row, folderIds))
                moved.Add(FileKeys.ParseId(row.RowKey));
        }
        return moved;
    }

    /// <summary>Undoes what <see cref="PrepareAsync"/> wrote for ids of a run whose entries were not created.</summary>
    /// <param name="folderIds">The folders that they were meant for.</param>
    /// <param name="ids">The run of ids, which nobody inserts any more.</param>
    /// <param name="inserted">The ids of the run whose entries were created.</param>
    internal async Task SweepAsync(
        IReadOnlyCollection<long> folderIds, IdRange ids, IReadOnlySet<long> inserted, CancellationToken cancellationToken = default)
    {
        var uncommitted = await IdRows.ReadAsync(layout.FileIds, ids, cancellationToken)
            .Where(row => !inserted.Contains(FileKeys.ParseId(row.RowKey)) && !HasMoved(row, folderIds))
            .ToListAsync(cancellationToken);
        await DeleteHeadersAsync(
            uncommitted.Where(row => row.EntryType == FileType.Folder).Select(row => FileKeys.ParseId(row.RowKey)), cancellationToken);
        await RowSweep.DeleteAsync(layout.FileIds, uncommitted.ToAsyncEnumerable(), uncommitted.Count, cancellationToken);
    }

    /// <summary>
    /// Checks whether an id row shows that its entry is elsewhere, or that a move was tried: neither happens before an entry is created.
    /// </summary>
    private static bool HasMoved(Row idRow, IReadOnlyCollection<long> folderIds) =>
        idRow.RequiredNumber(EntryColumns.MoveVersion) != 1 || !folderIds.Contains(idRow.RequiredNumber(EntryColumns.ParentId));

    /// <summary>Writes the headers of new folders: one transaction each.</summary>
    /// <param name="entries">Entries; files among them are passed over.</param>
    internal Task WriteHeadersAsync(IEnumerable<FileRecord> entries, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            entries.Where(e => e.Type == FileType.Folder),
            Writers,
            (folder, token) => InsertHeaderAsync(folder, token),
            cancellationToken);

    /// <summary>Writes the id rows of new entries unless they exist: one transaction for each 100, two more where some exist.</summary>
    /// <param name="entries">Entries with ids that nobody else has.</param>
    /// <returns>The ids of those that exist and say that their entries have been moved or deleted since.</returns>
    internal async Task<IReadOnlySet<long>> WriteIdRowsAsync(IReadOnlyCollection<FileRecord> entries, CancellationToken cancellationToken)
    {
        var existing = await IdRows.InsertMissingAsync(layout.FileIds, entries.OrderBy(e => e.Id).Select(EntryRows.NewIdRow), cancellationToken);
        if (existing.Count == 0)
            return new HashSet<long>();
        var parents = entries.ToDictionary(entry => entry.Id, entry => entry.ParentId);
        return existing.Where(row => HasMoved(row, [parents[FileKeys.ParseId(row.RowKey)]])).Select(row => FileKeys.ParseId(row.RowKey)).ToHashSet();
    }

    /// <summary>Inserts entries into new folders that nobody can reach yet: one transaction for each 49 files or 33 folders of a folder.</summary>
    internal Task InsertNewAsync(IEnumerable<FileRecord> entries, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            entries.GroupBy(e => e.ParentId).SelectMany(folder => Chunk([.. folder])),
            Writers,
            (chunk, token) => InsertChunkAsync(chunk[0].ParentId, chunk, new ConcurrentDictionary<long, NameGuard>(), token),
            cancellationToken);

    private async Task InsertHeaderAsync(FileRecord folder, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Files.InsertAsync(EntryRows.NewHeader(folder.Id, folder.OwnerId), cancellationToken);
        }
        catch (StorageExistsException)
        {
            // An earlier try made it; entries may be in the folder already.
        }
    }

    private async Task InsertChunkAsync(
        long folderId, List<FileRecord> chunk, ConcurrentDictionary<long, NameGuard> clashes, CancellationToken cancellationToken)
    {
        while (chunk.Count > 0)
        {
            try
            {
                await layout.Files.SubmitAsync(EntryRows.InsertInto(folderId, chunk), cancellationToken);
                return;
            }
            catch (StorageNotFoundException e)
            {
                throw new CloudreveException(ErrorCode.PathNotFound, "The folder no longer exists.", e);
            }
            catch (StorageExistsException e)
            {
                var taken = await FindNamesAsync(folderId, chunk.Select(entry => entry.Name), cancellationToken);
                foreach (var entry in chunk)
                {
                    if (taken.TryGetValue(entry.Name, out var guard) && guard.Id != entry.Id)
                        clashes[entry.Id] = guard;
                }
                var renamed = FindRenamed(chunk, e.FailedIndex);
                chunk = [.. chunk.Where(entry => !taken.ContainsKey(entry.Name) && entry != renamed)];
            }
        }
    }

    /// <summary>
    /// The entry that a batch failed at, when its id is what existed, not its name: an earlier try inserted it and its owner
    /// has renamed it since. Null when it was the name.
    /// </summary>
    private static FileRecord? FindRenamed(List<FileRecord> chunk, int failedIndex)
    {
        // The header comes before the rows of the entries.
        var index = 1;
        foreach (var entry in chunk)
        {
            foreach (var row in entry.ToRows())
            {
                if (index++ == failedIndex)
                    return row.RowKey == FileKeys.Name(entry.Name) ? null : entry;
            }
        }
        return null;
    }

    private static IEnumerable<List<FileRecord>> Chunk(IReadOnlyList<FileRecord> entries)
    {
        var chunk = new List<FileRecord>();
        var rows = 1;
        foreach (var entry in entries)
        {
            var needed = entry.Type == FileType.Folder ? 3 : 2;
            if (rows + needed > AzureLimits.BatchOperations)
            {
                yield return chunk;
                chunk = [];
                rows = 1;
            }
            chunk.Add(entry);
            rows += needed;
        }
        if (chunk.Count > 0)
            yield return chunk;
    }
}
