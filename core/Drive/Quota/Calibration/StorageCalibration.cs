using System.Collections.Concurrent;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Drive.Quota.Calibration;

/// <summary>
/// Recalculates the bytes that an account is charged: the versions of all files, trash included, what uploads have reserved, and what files have
/// given up and not released yet. The result is used only if nothing was charged meanwhile.
/// </summary>
/// <param name="settlement">Settles moves that were left behind.</param>
/// <param name="locks">Shows what is under way.</param>
/// <param name="quota">The quota that is corrected.</param>
public sealed class StorageCalibration(StorageLayout layout, DriveSettlement settlement, DriveLocks locks, EntriesById byId, QuotaLedger quota)
{
    private const int Attempts = 5;
    private const int Readers = 8;

    // Entries by name, and notes of writes, which follow them.
    private const string LastRows = "w}";

    /// <summary>Corrects the bytes in use: a transaction for each folder and each 1,000 files, more while the drive is being changed.</summary>
    /// <param name="cancellationToken">Cancels the calls; nothing is corrected then.</param>
    /// <returns>The bytes in use.</returns>
    /// <exception cref="CloudreveException">409: the drive is being changed all the time.</exception>
    public async Task<long> RunAsync(long userId, CancellationToken cancellationToken = default)
    {
        await settlement.RecoverAsync(userId, cancellationToken);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var used = await quota.GetUsedAsync(userId, cancellationToken);
            if (await CountAsync(userId, cancellationToken) is not { } count)
                continue;
            // A write that was committed while its folder was read may be counted twice or not at all.
            if (count.HasWrites && (await CountAsync(userId, cancellationToken))?.Bytes != count.Bytes)
                continue;
            if (used == count.Bytes ? await quota.GetUsedAsync(userId, cancellationToken) == used : await quota.TrySetAsync(userId, used, count.Bytes, cancellationToken))
                return count.Bytes;
        }
        throw new CloudreveException(ErrorCode.Conflict, "The user's files are being changed. Try again later.");
    }

    /// <summary>Adds up the bytes that should be charged; null while entries are moved or deleted.</summary>
    private async Task<Count?> CountAsync(long userId, CancellationToken cancellationToken)
    {
        if ((await locks.ReadAsync(userId, cancellationToken)).Moves.Count > 0)
            return null;
        var uploads = await ReadUploadsAsync(userId, cancellationToken);
        var walk = new Walk { Awaited = uploads.Select(upload => upload.FileId).ToHashSet() };
        var level = new List<long> { DriveRoots.RootId(userId), DriveRoots.TrashId(userId) };
        while (level.Count > 0)
        {
            var below = new ConcurrentBag<long>();
            await BoundedParallel.ForEachAsync(
                level,
                Readers,
                (folder, token) => ReadFolderAsync(folder, walk, below, token),
                cancellationToken);
            level = [.. below];
        }
        var bytes = walk.Bytes;
        foreach (var upload in uploads.Where(upload => upload.State != UploadState.Completed && !walk.Holds(upload.FileId, upload.EntityId)))
            bytes += await ChargeOfAsync(userId, UploadCreation.OperationOf(upload), cancellationToken);
        bytes += await ReadChunksAsync(userId, cancellationToken);
        bytes += await quota.SumAsync(userId, TorrentReservations.Prefix, cancellationToken);
        foreach (var write in walk.Writes.Where(write => write.State != WriteState.Written))
            bytes += await ChargeOfAsync(userId, write.Operation, cancellationToken);
        var released = walk.Writes.Where(write => write.State == WriteState.Written).Select(write => (write.FileId, write.Dropped))
            .Concat(uploads.Where(upload => upload.State == UploadState.Completing && walk.Holds(upload.FileId, upload.EntityId)).Select(upload => (upload.FileId, upload.Dropped)))
            .ToList();
        var notes = layout.Schedules.ScanAsync($"({LinkReleases.NotesFilter}) and {OwnedBy(userId)}", cancellationToken);
        await foreach (var (_, fileId, links) in notes.Select(LinkReleases.NotedBy))
            released.Add((fileId, links));
        foreach (var (fileId, links) in released)
            bytes += await StillChargedAsync(userId, fileId, links, cancellationToken);
        if ((await locks.ReadAsync(userId, cancellationToken)).Moves.Count > 0)
            return null;
        return new Count(bytes, walk.Writes.IsEmpty is false);
    }

    private static string OwnedBy(long userId) => SiteLists.Is(SiteLists.Owner, userId);

    private async Task<List<UploadSession>> ReadUploadsAsync(long userId, CancellationToken cancellationToken)
    {
        var uploads = new List<UploadSession>();
        await foreach (var row in layout.Uploads.ScanAsync(OwnedBy(userId), cancellationToken))
        {
            if (!ChunkedUpload.Has(row))
                uploads.Add(UploadSession.FromRow(row));
        }
        return uploads;
    }

    /// <summary>Adds up the charges of uploads' chunks.</summary>
    private async Task<long> ReadChunksAsync(long userId, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        await foreach (var row in layout.Uploads.ScanAsync(OwnedBy(userId), cancellationToken))
        {
            if (ChunkedUpload.IsLive(row))
                bytes += await quota.SumAsync(userId, ChunkedUpload.FromRow(row).Charges, cancellationToken);
        }
        return bytes;
    }

    private async Task ReadFolderAsync(long folderId, Walk walk, ConcurrentBag<long> below, CancellationToken cancellationToken)
    {
        var range = new RowRange(FileKeys.Folder(folderId), FileKeys.NamePrefix, LastRows);
        await foreach (var row in layout.Files.QueryAsync(range, cancellationToken))
        {
            if (row.RowKey.StartsWith(WriteIntent.Prefix, StringComparison.Ordinal))
                walk.Writes.Add(WriteIntent.FromRow(row));
            else if (!row.RowKey.StartsWith(FileKeys.NamePrefix, StringComparison.Ordinal) || row.IsPending)
                continue;
            else if (row.EntryType == FileType.Folder)
                below.Add(row.RequiredNumber(EntryColumns.Id));
            else
                walk.Add(FileRecord.FromRow(row, folderId));
        }
    }

    private async Task<long> ChargeOfAsync(long userId, string operationId, CancellationToken cancellationToken) =>
        await quota.FindChargeAsync(userId, operationId, cancellationToken) ?? 0;

    private async Task<long> StillChargedAsync(long userId, long fileId, IReadOnlyList<EntityLink> links, CancellationToken cancellationToken)
    {
        var held = (await byId.FindAsync(fileId, cancellationToken))?.EntityIds.ToHashSet() ?? [];
        var bytes = 0L;
        foreach (var link in links.Where(link => link.Type != EntityType.Thumbnail && !held.Contains(link.Id)))
        {
            if (!await quota.IsChargedAsync(userId, LinkReleases.OperationOf(fileId, link.Id), cancellationToken))
                bytes += link.Size;
        }
        return bytes;
    }

    private sealed record Count(long Bytes, bool HasWrites);

    private sealed class Walk
    {
        private readonly ConcurrentDictionary<long, FileRecord> _awaited = [];
        private long _bytes;

        public required HashSet<long> Awaited { get; init; }

        public ConcurrentBag<WriteIntent> Writes { get; } = [];

        public long Bytes => Interlocked.Read(ref _bytes);

        public void Add(FileRecord file)
        {
            Interlocked.Add(ref _bytes, file.ChargedSize);
            if (Awaited.Contains(file.Id))
                _awaited[file.Id] = file;
        }

        /// <summary>Checks whether a file has received the content of an upload.</summary>
        public bool Holds(long fileId, long entityId) =>
            entityId != 0 && _awaited.TryGetValue(fileId, out var file) && file.EntityIds.Contains(entityId);
    }
}
