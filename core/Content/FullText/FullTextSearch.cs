using System.Collections.Concurrent;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.FullText;

/// <summary>A file whose text matches a query.</summary>
/// <param name="Path">Its path in the drive.</param>
/// <param name="Content">The part of the text that matches.</param>
public sealed record FullTextHit(FileRecord File, FilePath Path, string Content);

/// <summary>A page of hits.</summary>
/// <param name="Hits">The hits, the best first.</param>
/// <param name="Total">Number of hits; on all but the last page it may count files that are gone.</param>
public sealed record FullTextHits(IReadOnlyList<FullTextHit> Hits, long Total);

/// <summary>
/// Searches the text of a user's own files. The index knows blobs; which files have them now, and where, the tables tell at each search, so
/// nothing is shown that is gone, in the trash, of an older version or of somebody else.
/// </summary>
public sealed class FullTextSearch
{
    // As the original's index has by default.
    private const int MaxHits = 1_000;

    private const int Readers = 16;
    // Copies of one text fill a page at most.
    private const int MaxFilesOfBlob = 20;

    private const int BlobsAtOnce = 20;

    // Texts whose files are all in the trash are no hits: without a limit a search could go through every copy of every text.
    private const int MaxLookups = 2_000;

    private readonly StorageLayout _layout;
    private readonly EntriesById _byId;
    private readonly IndexBlobs _blobs;
    private readonly ITextIndex _index;
    private readonly HeavyReads _reads;

    internal FullTextSearch(StorageLayout layout, EntriesById byId, IndexBlobs blobs, ITextIndex index, HeavyReads reads)
    {
        _layout = layout;
        _byId = byId;
        _blobs = blobs;
        _index = index;
        _reads = reads;
    }

    /// <summary>
    /// A page of hits: one transaction for the index, and one for each part of it that the process does not have; four for each hit, three for
    /// each hit before the page, and two for each folder on the way to them. Some 2,000 files are looked up at most; what comes after them is left out.
    /// </summary>
    /// <param name="text">What to search for.</param>
    /// <param name="offset">Number of hits that the caller has.</param>
    /// <exception cref="CloudreveException">40019: the site has no full-text search. 40001: no words, or too many; a negative offset.</exception>
    public async Task<FullTextHits> SearchAsync(SiteSettings site, long ownerId, string? text, int offset, CancellationToken cancellationToken = default)
    {
        if (!FullTextIndexing.IsEnabled(site))
            throw Disabled();
        if (offset < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The offset must not be negative.");
        var query = TextQuery.Parse(text);
        if (query.Query is null)
            return new FullTextHits([], 0);
        var found = await _reads.RunAsync(ownerId, () => _index.FindAsync(ownerId, query, MaxHits, cancellationToken), cancellationToken);
        var size = (int)Math.Min(site.Get(FullTextSetting.PageSize), MaxHits);
        // Hits that the caller has are looked up again: some of them may be gone, and the page follows those that are not.
        var (files, looked, lookups) = (new List<(FileRecord File, FilePath Path)>(), 0, 0);
        var folders = new FolderPaths(_byId);
        var step = Math.Min(size, BlobsAtOnce);
        for (var end = (long)offset + size; looked < found.Count && files.Count < end && lookups < MaxLookups; looked += step)
        {
            var blobs = found.Skip(looked).Take(step).ToList();
            var parts = await _reads.RunAsync(
                ownerId,
                () => BoundedParallel.SelectAsync(blobs, Readers, (id, token) => FindFilesAsync(ownerId, id, folders, token), cancellationToken),
                cancellationToken);
            foreach (var part in parts)
            {
                files.AddRange(part.Files);
                lookups += part.Lookups;
            }
        }
        var left = lookups < MaxLookups ? Math.Max(0, found.Count - looked) : 0;
        var page = files.Skip(offset).Take(size).ToList();
        var hits = await BoundedParallel.SelectAsync(
            page,
            Readers,
            async (file, token) => new FullTextHit(
                file.File, file.Path, await _blobs.FindTextAsync(file.File.PrimaryEntityId, token) is { } content ? Quotation.Of(content, query) : ""),
            cancellationToken);
        return new FullTextHits(hits, files.Count + left);
    }

    /// <summary>40019.</summary>
    internal static CloudreveException Disabled() => new(ErrorCode.FeatureDisabled, "Full-text search is disabled on this site.");

    /// <summary>The user's files whose current content a blob is, unless they are in the trash: one transaction, two for each file.</summary>
    private async Task<(IReadOnlyList<(FileRecord File, FilePath Path)> Files, int Lookups)> FindFilesAsync(
        long ownerId, long entityId, FolderPaths folders, CancellationToken cancellationToken)
    {
        var rows = (await _layout.Entities.QueryPageAsync(EntityReferences.RangeOf(entityId), MaxFilesOfBlob, null, cancellationToken)).Rows;
        var found = new List<(FileRecord File, FilePath Path)>();
        var ids = EntityReferences.FilesOf(rows).ToList();
        foreach (var id in ids)
        {
            if (await _byId.FindAsync(id, cancellationToken) is { Type: FileType.File } file
                && file.OwnerId == ownerId && file.PrimaryEntityId == entityId
                && await folders.FindAsync(ownerId, file.ParentId, cancellationToken) is { } folder)
                found.Add((file, folder.Child(file.Name)));
        }
        return (found, ids.Count);
    }

    /// <summary>The paths of folders, each of which is read once.</summary>
    private sealed class FolderPaths(EntriesById byId)
    {
        // Far below the deepest path that can be created: only rows that contradict each other go further.
        private const int MaxWalk = 1_000;

        private readonly ConcurrentDictionary<long, Lazy<Task<FilePath?>>> _known = new();

        /// <summary>The path of a folder; null when it is gone or in the trash.</summary>
        public Task<FilePath?> FindAsync(long ownerId, long folderId, CancellationToken cancellationToken, int depth = 0)
        {
            if (folderId == DriveRoots.RootId(ownerId))
                return Task.FromResult<FilePath?>(FilePath.Root);
            return folderId == DriveRoots.TrashId(ownerId) || depth == MaxWalk
                ? Task.FromResult<FilePath?>(null)
                : _known.GetOrAdd(folderId, id => new Lazy<Task<FilePath?>>(() => ReadAsync(ownerId, id, depth, cancellationToken))).Value;
        }

        private async Task<FilePath?> ReadAsync(long ownerId, long folderId, int depth, CancellationToken cancellationToken) =>
            await byId.FindAsync(folderId, cancellationToken) is { } folder && folder.OwnerId == ownerId
            && await FindAsync(ownerId, folder.ParentId, cancellationToken, depth + 1) is { } parent
                ? parent.Child(folder.Name)
                : null;
    }
}
