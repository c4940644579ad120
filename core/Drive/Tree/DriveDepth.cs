using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>
/// Keeps entries from getting below the deepest path that can be requested. A folder is moved without reading what is below it, so each
/// drive notes how deep its folders may be at most; only where that bound is too large are the levels below counted.
/// </summary>
/// <param name="clock">Ages what a process knows.</param>
public sealed class DriveDepth(StorageLayout layout, TimeProvider clock)
{
    /// <summary>Maximum depth of folders without a note.</summary>
    public const int Free = 32;

    internal const string DepthProperty = "depth";

    // Bounds below this need no check.
    private const int Careless = 64;

    private const int Step = 16;
    private const int FewFolders = 100;
    private const int Readers = 8;
    private const int MaxKept = 10_000;
    private static readonly TimeSpan s_maxAge = TimeSpan.FromHours(1);

    private readonly BoundedCache<long, int> _noted = new(MaxKept, clock);

    /// <summary>Throws for a place below the maximum depth.</summary>
    /// <param name="depth">Number of levels below the root.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public static void Require(int depth)
    {
        if (depth > FilePath.MaxDepth)
            throw TooDeep();
    }

    /// <summary>Records that a folder is created. No transaction for folders that are not very deep, two for the first that is.</summary>
    /// <param name="depth">Number of levels that the folder is below the root.</param>
    public async Task NoteAsync(long ownerId, int depth, CancellationToken cancellationToken)
    {
        var partition = DriveControl.Partition(ownerId);
        while (depth > Free && _noted.Find(ownerId) < depth)
        {
            var row = await layout.Files.FindAsync(partition, DriveControl.TreeKey, cancellationToken);
            var noted = (int)(row?.Number(DepthProperty) ?? Free);
            if (noted < depth)
            {
                noted = Math.Min((depth + Step - 1) / Step * Step, FilePath.MaxDepth);
                if (!await TryWriteAsync(new Row(partition, DriveControl.TreeKey) { [DepthProperty] = noted }, row?.ETag, cancellationToken))
                    continue;
            }
            _noted.Keep(ownerId, noted, clock.GetUtcNow() + s_maxAge);
        }
    }

    /// <summary>
    /// The maximum depth of a drive's folders once an entry has been moved: no transaction unless the drive has very deep folders, then one for
    /// each folder below the entry, a hundred at most where that need not be known.
    /// </summary>
    /// <param name="control">The drive.</param>
    /// <param name="from">Its depth before.</param>
    /// <param name="to">Its depth afterwards.</param>
    /// <exception cref="CloudreveException">40001 when something would get below the maximum depth.</exception>
    public async Task<int> AfterMoveAsync(DriveControl control, FileRecord entry, int from, int to, CancellationToken cancellationToken)
    {
        Require(to);
        if (entry.Type == FileType.File || to <= from)
            return control.Depth;
        var bound = BoundAfter(control, from, to);
        if (!IsToCount(control, bound))
            return Math.Max(control.Depth, bound);
        return Math.Max(control.Depth, await CountAsync(entry, to, bound, cancellationToken) is { } known ? to + known : bound);
    }

    /// <summary>
    /// Counts again what <see cref="AfterMoveAsync"/> has counted, once others can see the move: entries that arrived in between are noted, and
    /// refused where it would get below the maximum depth. No transaction where nothing had to be counted.
    /// </summary>
    /// <param name="control">The drive, as it was before the move.</param>
    /// <param name="noted">The data noted with the move.</param>
    /// <param name="from">Its depth before.</param>
    /// <param name="to">Its depth afterwards.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public async Task VerifyMoveAsync(DriveControl control, int noted, FileRecord entry, int from, int to, CancellationToken cancellationToken)
    {
        if (entry.Type == FileType.File || to <= from)
            return;
        var bound = BoundAfter(control, from, to);
        if (IsToCount(control, bound) && await CountAsync(entry, to, bound, cancellationToken) is { } known && to + known > noted)
            await NoteAsync(control.OwnerId, to + known, cancellationToken);
    }

    private static int BoundAfter(DriveControl control, int from, int to) => to + Math.Max(control.Depth - from, 0);

    private static bool IsToCount(DriveControl control, int bound) => bound > Math.Max(control.Depth, Careless);

    private Task<int?> CountAsync(FileRecord entry, int to, int bound, CancellationToken cancellationToken)
    {
        // A file may be one level below the deepest folder.
        var mustKnow = bound + 1 > FilePath.MaxDepth;
        return CountLevelsAsync(entry, FilePath.MaxDepth - to, mustKnow ? int.MaxValue : FewFolders, cancellationToken);
    }

    /// <summary>Number of levels of folders below a folder; null when there are too many to count.</summary>
    private async Task<int?> CountLevelsAsync(FileRecord top, int room, int maxFolders, CancellationToken cancellationToken)
    {
        var folders = 0;
        List<long> level = [top.Id];
        for (var depth = 0; ; depth++)
        {
            folders += level.Count;
            if (folders > maxFolders)
                return null;
            var below = new List<long>();
            await BoundedParallel.ForEachAsync(
                level,
                Readers,
                async (folder, token) =>
                {
                    if (depth >= room)
                        await RequireEmptyAsync(folder, token);
                    await foreach (var row in layout.Files.QueryAsync(RowRange.Prefix(FileKeys.Folder(folder), FileKeys.FolderIdPrefix), token))
                    {
                        lock (below)
                            below.Add(row.RequiredNumber(EntryColumns.Id));
                    }
                },
                cancellationToken);
            if (below.Count == 0)
                return depth;
            level = below;
        }
    }

    private async Task RequireEmptyAsync(long folder, CancellationToken cancellationToken)
    {
        var names = RowRange.Prefix(FileKeys.Folder(folder), FileKeys.NamePrefix);
        if ((await layout.Files.QueryPageAsync(names, 1, null, cancellationToken)).Rows.Count > 0)
            throw TooDeep();
    }

    private async Task<bool> TryWriteAsync(Row row, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            if (etag is null)
                await layout.Files.InsertAsync(row, cancellationToken);
            else
                await layout.Files.MergeAsync(row, etag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException)
        {
            return false;
        }
    }

    private static CloudreveException TooDeep() => new(ErrorCode.BadParameter, $"The path is deeper than {FilePath.MaxDepth} levels.");
}
