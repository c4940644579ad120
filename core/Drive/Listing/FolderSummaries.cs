using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>The totals of a folder, with everything below it (contract, section 9).</summary>
/// <param name="Size">Bytes of all files.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Folders">Number of folders.</param>
/// <param name="IsComplete">False when the walk ended at its limit.</param>
/// <param name="CalculatedAt">The time it was counted.</param>
public sealed record FolderSummary(long Size, long Files, long Folders, bool IsComplete, DateTimeOffset CalculatedAt);

/// <summary>Counts what folders hold, level by level, and keeps the result for a while.</summary>
/// <param name="reads">Bounds what counting takes of the process.</param>
/// <param name="clock">Stamps and ages results.</param>
public sealed class FolderSummaries(StorageLayout layout, HeavyReads reads, TimeProvider clock)
{
    private const int MaxKept = 10_000;

    private readonly BoundedCache<long, FolderSummary> _kept = new(MaxKept, clock);

    /// <summary>
    /// The summary of a folder: one transaction for each 1,000 entries of neighbouring folders below it, at most one more for each folder;
    /// none while a kept result is young enough.
    /// </summary>
    /// <param name="maxEntries">The number of entries at which the walk ends; 0 for no limit.</param>
    /// <param name="maxAge">The maximum age of a kept result.</param>
    public async Task<FolderSummary> GetAsync(FileRecord folder, long maxEntries, TimeSpan maxAge, CancellationToken cancellationToken = default)
    {
        if (_kept.Find(folder.Id) is { } kept && clock.GetUtcNow() - kept.CalculatedAt < maxAge)
            return kept;
        var summary = await CountAsync(folder, maxEntries, cancellationToken);
        _kept.Keep(folder.Id, summary, summary.CalculatedAt + maxAge);
        return summary;
    }

    private async Task<FolderSummary> CountAsync(FileRecord folder, long maxEntries, CancellationToken cancellationToken)
    {
        var (size, files, folders) = (0L, 0L, 0L);
        // Folders by id and files by id are adjacent.
        var scan = new FolderScan(
            (range, continuation, token) => reads.ReadPageAsync(folder.OwnerId, layout.Files, range, continuation, token),
            FileKeys.FolderIdPrefix, RowRange.After(FileKeys.FileIdPrefix), _ => RowUse.Keep);
        for (List<long> level = [folder.Id]; level.Count > 0;)
        {
            var next = new List<long>();
            await foreach (var part in scan.ReadAsync(level.ToAsyncEnumerable(), id => id, _ => null, cancellationToken))
            {
                foreach (var row in part.Rows)
                {
                    if (maxEntries > 0 && files + folders >= maxEntries)
                        return new FolderSummary(size, files, folders, IsComplete: false, clock.GetUtcNow());
                    if (row.EntryType == FileType.Folder)
                    {
                        folders++;
                        next.Add(row.RequiredNumber(EntryColumns.Id));
                    }
                    else
                    {
                        files++;
                        size += row.Number(EntryColumns.Size) ?? 0;
                    }
                }
            }
            level = next;
        }
        return new FolderSummary(size, files, folders, IsComplete: true, clock.GetUtcNow());
    }
}
