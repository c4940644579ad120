using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Copying;

/// <summary>Limits on the size of a copy.</summary>
/// <param name="MaxBytes">Bytes that the owner may use in all; null for no limit.</param>
/// <param name="MaxEntries">Files and folders that are copied at most; 0 for no limit.</param>
public sealed record CopyLimits(long? MaxBytes, long MaxEntries);

/// <summary>
/// Copies folders with all that is below them: N/20 + 4 F transactions for N files in F folders. Blobs are shared, not copied.
/// The tree is read completely first, so that the writes fill batches across folders.
/// </summary>
/// <param name="writer">Writes entries.</param>
/// <param name="quota">Charges the bytes.</param>
/// <param name="reads">Bounds what reading trees takes of the process.</param>
internal sealed class TreeCopy(
    StorageLayout layout, FolderWriter writer, EntityReferences references, IdAllocator ids, QuotaLedger quota, HeavyReads reads)
{
    // Marks of state that a copy does not share.
    private static readonly string[] NotCopied = [MetadataKeys.UploadSession, MetadataKeys.SourceMissing];

    /// <summary>
    /// Reads everything below an entry: one transaction for each 1,000 entries of neighbouring folders, at most one more for each folder.
    /// </summary>
    /// <param name="top">The entry.</param>
    /// <param name="maxEntries">The number of entries at which the walk fails; 0 for no limit.</param>
    /// <exception cref="CloudreveException">40079 when there are more entries.</exception>
    public async Task<IReadOnlyList<FileRecord>> ReadAsync(FileRecord top, long maxEntries, CancellationToken cancellationToken)
    {
        var found = new List<FileRecord>();
        var scan = new FolderScan(
            (range, continuation, token) => reads.ReadPageAsync(top.OwnerId, layout.Files, range, continuation, token),
            FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix), _ => RowUse.Keep);
        for (List<FileRecord> level = top is { Type: FileType.Folder, IsSymbolic: false } ? [top] : []; level.Count > 0;)
        {
            var next = new List<FileRecord>();
            await foreach (var part in scan.ReadAsync(level.ToAsyncEnumerable(), folder => folder.Id, _ => null, cancellationToken))
                next.AddRange(part.Rows.Select(row => FileRecord.FromRow(row, part.Folder.Id)));
            found.AddRange(next.Where(IsCopied));
            if (maxEntries > 0 && found.Count > maxEntries)
                throw new CloudreveException(ErrorCode.WalkLimitReached, "The folder contains more items than can be copied at once.");
            level = [.. next.Where(f => f is { Type: FileType.Folder, IsSymbolic: false })];
        }
        return found;
    }

    /// <summary>Number of levels below an entry, of anything and of folders.</summary>
    /// <param name="top">The entry.</param>
    /// <param name="below">The entries below it, the upper levels first.</param>
    public static (int Levels, int FolderLevels) LevelsOf(FileRecord top, IReadOnlyList<FileRecord> below)
    {
        var depths = new Dictionary<long, int> { [top.Id] = 0 };
        var levels = 0;
        foreach (var entry in below)
        {
            var depth = depths[entry.ParentId] + 1;
            if (entry.Type == FileType.Folder)
                depths[entry.Id] = depth;
            levels = Math.Max(levels, depth);
        }
        return (levels, depths.Values.Max());
    }

    /// <summary>The copy of an entry: another id, none of its state.</summary>
    public static FileRecord Copy(FileRecord source, long id, long parentId, DateTimeOffset now) => source with
    {
        Id = id,
        ParentId = parentId,
        CreatedAt = now,
        MoveVersion = 1,
        ETag = "",
        PendingMove = null,
        Metadata = source.Metadata.Where(m => !NotCopied.Contains(m.Key)).ToDictionary(),
    };

    /// <summary>Charges a copy and writes what is below it.</summary>
    /// <param name="top">The copy of the top entry, which is not in its folder yet.</param>
    /// <param name="sourceId">The id of the entity that it is a copy of.</param>
    /// <param name="below">The entries below that.</param>
    /// <param name="chargeId">Names the charge.</param>
    /// <param name="limits">The owner's limits.</param>
    /// <exception cref="CloudreveException">40051 when the quota is exhausted.</exception>
    public async Task WriteAsync(
        FileRecord top, long sourceId, IReadOnlyList<FileRecord> below, string chargeId, CopyLimits limits, CancellationToken cancellationToken)
    {
        await quota.ChargeAsync(top.OwnerId, chargeId, top.ChargedSize + below.Sum(f => f.ChargedSize), limits.MaxBytes, cancellationToken);
        var copies = await MakeCopiesAsync(top, sourceId, below, cancellationToken);
        foreach (var shortcut in copies.Append(top).Where(f => f.IsSymbolic))
            await layout.Shares.UpsertAsync(ShortcutList.RowOf(shortcut), cancellationToken);
        // Entries first, from the top down: undoing an unfinished copy finds by them whatever else there may be.
        for (List<FileRecord> level = [top]; level.Count > 0;)
        {
            await writer.WriteHeadersAsync(level, cancellationToken);
            var parents = level.Select(f => f.Id).ToHashSet();
            level = [.. copies.Where(c => parents.Contains(c.ParentId))];
            await writer.InsertNewAsync(level, cancellationToken);
        }
        await writer.WriteIdRowsAsync(copies, cancellationToken);
        var files = copies.Append(top).Where(f => f.Type == FileType.File);
        var gone = await references.AddAsync([.. files.SelectMany(f => f.EntityIds.Select(e => new EntityReference(e, f.Id)))], cancellationToken);
        if (gone.Count > 0)
            throw new CloudreveException(ErrorCode.Conflict, "A file was deleted during the copy. Try again.");
    }

    private async Task<List<FileRecord>> MakeCopiesAsync(
        FileRecord top, long sourceId, IReadOnlyList<FileRecord> below, CancellationToken cancellationToken)
    {
        if (below.Count == 0)
            return [];
        var folders = below.Count(f => f.Type == FileType.Folder);
        var nextFolder = folders == 0 ? 0 : (await ids.ReserveFoldersAsync(top.OwnerId, folders, cancellationToken)).First;
        var nextFile = folders == below.Count ? 0 : (await ids.ReserveAsync(IdKind.File, below.Count - folders, cancellationToken)).First;
        var newIds = new Dictionary<long, long> { [sourceId] = top.Id };
        // In order of the old ids, so that the order of creation is kept.
        var ordered = below.OrderBy(f => f.Id).ToList();
        foreach (var entry in ordered)
            newIds[entry.Id] = entry.Type == FileType.Folder ? nextFolder++ : nextFile++;
        return [.. ordered.Select(f => Copy(f, newIds[f.Id], newIds[f.ParentId], top.CreatedAt))];
    }

    // A placeholder has no content yet.
    private static bool IsCopied(FileRecord file) => !(file.Type == FileType.File && file.PrimaryEntityId == 0 && file.Metadata.ContainsKey(MetadataKeys.UploadSession));
}
