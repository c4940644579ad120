using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;

namespace Cloudreve.Core.Infrastructure.Ids;

/// <summary>
/// Assigns the ids of folders, drive by drive. A drive has a block of ids at a time, from which processes lease parts; what a process
/// does not use of its part is lost. A row for each drive has the rest of the block.
/// </summary>
/// <param name="table">The table of the rows.</param>
internal sealed class FolderIds(Table table)
{
    private const string Partition = "folders";
    private const int SmallestLease = 50;
    private const int MaxDrives = 10_000;

    private readonly Lock _turn = new();

    // Leases do not expire; the oldest is dropped first.
    private readonly BoundedCache<long, Drive> _drives = new(MaxDrives, TimeProvider.System);

    /// <summary>Takes consecutive ids.</summary>
    /// <param name="count">Their number.</param>
    /// <param name="takeBlocks">Takes a number of consecutive free blocks.</param>
    public Task<IdRange> ReserveAsync(long ownerId, int count, Func<int, Task<IdRange>> takeBlocks, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return DriveOf(ownerId).ReserveAsync(count, takeBlocks, cancellationToken);
    }

    private Drive DriveOf(long ownerId)
    {
        lock (_turn)
        {
            if (_drives.Find(ownerId) is { } known)
                return known;
            // A caller that still holds a forgotten one continues with its lease, beside the new one.
            var drive = new Drive(table, ownerId.ToString("x16", CultureInfo.InvariantCulture));
            _drives.Keep(ownerId, drive, DateTimeOffset.MaxValue);
            return drive;
        }
    }

    private sealed class Drive(Table table, string key)
    {
        private readonly SemaphoreSlim _turn = new(1, 1);
        private int _lease = SmallestLease;
        private long _next;
        private long _end;

        // The row as it was last seen: the rest of the drive's block. Null if not read, an empty version for no row.
        private string? _etag;
        private long _left;
        private long _leftEnd;

        public async Task<IdRange> ReserveAsync(int count, Func<int, Task<IdRange>> takeBlocks, CancellationToken cancellationToken)
        {
            await _turn.WaitAsync(cancellationToken);
            try
            {
                while (_end - _next < count)
                    await LeaseAsync(count, takeBlocks, cancellationToken);
                var range = new IdRange(_next, count);
                _next += count;
                return range;
            }
            finally
            {
                _turn.Release();
            }
        }

        private async Task LeaseAsync(int count, Func<int, Task<IdRange>> takeBlocks, CancellationToken cancellationToken)
        {
            if (_etag is null)
                await ReadAsync(cancellationToken);
            var (first, blockEnd) = (_left, _leftEnd);
            if (blockEnd - first < count)
            {
                var blocks = (count + FileKeys.IdsPerBlock - 1) / FileKeys.IdsPerBlock;
                first = (await takeBlocks(blocks)).First * FileKeys.IdsPerBlock;
                blockEnd = first + ((long)blocks * FileKeys.IdsPerBlock);
            }
            var end = Math.Min(first + Math.Max(count, _lease), blockEnd);
            var row = new Row(Partition, key) { [Columns.Next] = end, [Columns.End] = blockEnd };
            try
            {
                _etag = _etag!.Length == 0 ? await table.InsertAsync(row, cancellationToken) : await table.ReplaceAsync(row, _etag, cancellationToken);
            }
            catch (StorageException e) when (e is StorageChangedException or StorageExistsException)
            {
                // Another process was first.
                _etag = null;
                return;
            }
            catch
            {
                // It may have been written anyway.
                _etag = null;
                throw;
            }
            (_left, _leftEnd) = (end, blockEnd);
            // A process that creates many folders asks less and less often.
            _lease = Math.Min(_lease * 2, FileKeys.IdsPerBlock);
            if (first != _end)
                _next = first;
            _end = end;
        }

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            var row = await table.FindAsync(Partition, key, cancellationToken);
            _etag = row?.ETag ?? "";
            _left = row?.RequiredNumber(Columns.Next) ?? 0;
            _leftEnd = row?.RequiredNumber(Columns.End) ?? 0;
        }
    }

    private static class Columns
    {
        public const string Next = "next";
        public const string End = "end";
    }
}
