using System.Collections.Concurrent;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Makes the missing folders of many paths, level by level, with few transactions.</summary>
/// <param name="byPath">Finds what is there already.</param>
/// <param name="writer">Writes folders.</param>
/// <param name="depths">Keeps entries from getting too deep.</param>
/// <param name="ids">Gives ids to new folders.</param>
/// <param name="clock">Stamps new folders.</param>
internal sealed class MissingFolders(EntriesByPath byPath, FolderWriter writer, DriveDepth depths, IdAllocator ids, TimeProvider clock)
{
    private const int LooksAtOnce = 8;
    private const int ParentsAtOnce = 4;

    /// <summary>
    /// Makes folders and those between them and a folder that exists: the path of that, for each folder one transaction to look for it and one for
    /// its header, for each 100 of a level one for their id rows, and for each 33 of a folder one more.
    /// </summary>
    /// <param name="top">The folder that exists.</param>
    /// <param name="paths">Paths below it.</param>
    /// <returns>The folders that exist now. Where something else is, or a competing call was faster, nothing is made.</returns>
    /// <exception cref="CloudreveException">40052 for an illegal name, 40001 for a path that is too deep.</exception>
    public async Task<IReadOnlyCollection<FilePath>> MakeAsync(
        long ownerId, FilePath top, IEnumerable<FilePath> paths, CancellationToken cancellationToken)
    {
        var known = new ConcurrentDictionary<FilePath, long>();
        var wanted = new HashSet<FilePath>();
        foreach (var path in paths)
        {
            for (var folder = path; folder.Depth > top.Depth && wanted.Add(folder); folder = folder.Parent)
                FilePath.CheckName(folder.Name);
        }
        if (await byPath.FindFolderIdAsync(ownerId, top, cancellationToken) is not { } topId)
            return [];
        known[top] = topId;
        foreach (var level in wanted.GroupBy(folder => folder.Depth).OrderBy(level => level.Key))
            await MakeLevelAsync(ownerId, [.. level.Where(folder => known.ContainsKey(folder.Parent))], known, cancellationToken);
        return [.. known.Keys];
    }

    private async Task MakeLevelAsync(
        long ownerId, IReadOnlyList<FilePath> level, ConcurrentDictionary<FilePath, long> known, CancellationToken cancellationToken)
    {
        var missing = new ConcurrentBag<FilePath>();
        await BoundedParallel.ForEachAsync(
            level,
            LooksAtOnce,
            async (folder, token) =>
            {
                var guard = await byPath.FindGuardAsync(known[folder.Parent], folder.Name, token);
                if (guard is null)
                    missing.Add(folder);
                else if (guard.EntryType == FileType.Folder && !guard.Flag(EntryColumns.IsSymbolic))
                    known[folder] = guard.RequiredNumber(EntryColumns.Id);
            },
            cancellationToken);
        if (missing.IsEmpty)
            return;
        await depths.NoteAsync(ownerId, level[0].Depth, cancellationToken);
        var entries = await DescribeAsync(ownerId, [.. missing], known, cancellationToken);
        await writer.PrepareAsync([.. entries.Values], cancellationToken);
        await BoundedParallel.ForEachAsync(
            entries.GroupBy(entry => entry.Value.ParentId),
            ParentsAtOnce,
            async (siblings, token) =>
            {
                foreach (var (folder, entry) in await InsertAsync(siblings.Key, siblings.ToDictionary(), token))
                    known[folder] = entry.Id;
            },
            cancellationToken);
    }

    private async Task<Dictionary<FilePath, FileRecord>> DescribeAsync(
        long ownerId, IReadOnlyList<FilePath> missing, ConcurrentDictionary<FilePath, long> known, CancellationToken cancellationToken)
    {
        var (id, now) = ((await ids.ReserveFoldersAsync(ownerId, missing.Count, cancellationToken)).First, clock.GetUtcNow());
        return missing.ToDictionary(folder => folder, folder => new FileRecord
        {
            Id = id++,
            ParentId = known[folder.Parent],
            OwnerId = ownerId,
            Type = FileType.Folder,
            Name = folder.Name,
            CreatedAt = now,
            UpdatedAt = now,
        });
    }

    /// <returns>The folders that were made.</returns>
    private async Task<IEnumerable<KeyValuePair<FilePath, FileRecord>>> InsertAsync(
        long parentId, Dictionary<FilePath, FileRecord> siblings, CancellationToken cancellationToken)
    {
        try
        {
            var clashes = await writer.InsertAsync(parentId, [.. siblings.Values], cancellationToken);
            await writer.DiscardAsync([.. siblings.Values.Where(entry => clashes.ContainsKey(entry.Id))], cancellationToken);
            return siblings.Where(folder => !clashes.ContainsKey(folder.Value.Id));
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            await writer.DiscardAsync([.. siblings.Values], cancellationToken);
            return [];
        }
    }
}
