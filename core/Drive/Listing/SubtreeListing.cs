using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>An entry somewhere below a folder.</summary>
/// <param name="Path">The names from that folder down.</param>
public sealed record SubtreeEntry(FilePath Path, FileRecord Entry);

/// <summary>Lists all that is below a folder, level by level. Only the folders of one level are kept in memory.</summary>
/// <param name="layout">The storage of the rows.</param>
/// <param name="reads">Bounds what it takes of the process.</param>
public sealed class SubtreeListing(StorageLayout layout, HeavyReads reads)
{
    /// <summary>Lists a subtree: one transaction for each 1,000 entries of neighbouring folders, at most one more for each folder.</summary>
    /// <param name="top">The folder.</param>
    /// <param name="askerId">The user who asks.</param>
    public async IAsyncEnumerable<SubtreeEntry> ReadAsync(FileRecord top, long askerId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var scan = new FolderScan(
            (range, continuation, token) => reads.ReadPageAsync(askerId, layout.Files, range, continuation, token),
            FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix), IsEntry);
        for (List<SubtreeEntry> level = [new(FilePath.Root, top)]; level.Count > 0;)
        {
            var next = new List<SubtreeEntry>();
            await foreach (var part in scan.ReadAsync(level.ToAsyncEnumerable(), folder => folder.Entry.Id, _ => null, cancellationToken))
            {
                foreach (var row in part.Rows)
                {
                    var entry = FileRecord.FromRow(row, part.Folder.Entry.Id);
                    var found = new SubtreeEntry(part.Folder.Path.Child(entry.Name), entry);
                    if (entry is { Type: FileType.Folder, IsSymbolic: false })
                        next.Add(found);
                    yield return found;
                }
            }
            level = next;
        }
    }

    // What a move has claimed is not an entry yet.
    private static RowUse IsEntry(Row row) => row.IsPending ? RowUse.Drop : RowUse.Keep;
}
