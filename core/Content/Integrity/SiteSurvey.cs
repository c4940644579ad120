using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Integrity;

/// <summary>All rows of drives and their content, as far as a check needs them. Its memory grows with the number of files.</summary>
internal sealed class SiteSurvey
{
    private readonly Dictionary<string, long> _folders = [];

    private SiteSurvey()
    {
    }

    /// <summary>Entries by id, without those that a move is about to bring.</summary>
    public Dictionary<long, FileRecord> Entries { get; } = [];

    /// <summary>Files in full by id, each with its folder's partition.</summary>
    public HashSet<(string Partition, long Id)> FilesById { get; } = [];

    /// <summary>The partition that an entry's name is in.</summary>
    public Dictionary<long, string> PartitionsOfNames { get; } = [];

    /// <summary>Owners whose entries are being moved or deleted; their data may look inconsistent.</summary>
    public HashSet<long> Movers { get; } = [];

    public List<WriteIntent> Writes { get; } = [];

    public List<UploadSession> Uploads { get; } = [];

    /// <summary>Uploads of clients that send chunks, and their leftovers.</summary>
    public List<ChunkedUpload> Chunked { get; } = [];

    /// <summary>Locks of uploads: token and owner.</summary>
    public List<(string Token, long OwnerId)> UploadLocks { get; } = [];

    /// <summary>The folder that each id row names.</summary>
    public Dictionary<long, long> IdRows { get; } = [];

    public Dictionary<long, EntityRecord> Entities { get; } = [];

    public HashSet<EntityReference> References { get; } = [];

    /// <summary>Entities that will be removed, or are on the way.</summary>
    public HashSet<long> Recycled { get; } = [];

    /// <summary>Blobs that will be removed unless their entities have them then.</summary>
    public HashSet<string> RecycledBlobs { get; } = new(StringComparer.Ordinal);

    /// <summary>Entity links that files have given up, or are about to, and that are not certain to be released.</summary>
    public List<(long OwnerId, long FileId, IReadOnlyList<EntityLink> Links)> Releases { get; } = [];

    /// <summary>Bytes that are charged, by owner.</summary>
    public Dictionary<long, long> Used { get; } = [];

    /// <summary>Charges of uploads and writes that are known, by name.</summary>
    public Dictionary<string, long> Charges { get; } = [];

    /// <summary>The folder that has a partition; null when its header is missing.</summary>
    public long? FolderOf(string partition) => _folders.TryGetValue(partition, out var id) ? id : null;

    /// <summary>Reads all tables: one transaction for each 1,000 rows.</summary>
    public static async Task<SiteSurvey> ReadAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        var survey = new SiteSurvey();
        await survey.ReadFilesAsync(layout, cancellationToken);
        await survey.ReadIdsAsync(layout, cancellationToken);
        await survey.ReadEntitiesAsync(layout, cancellationToken);
        await survey.ReadUploadsAsync(layout, cancellationToken);
        await survey.ReadQuotasAsync(layout, cancellationToken);
        await survey.ReadReleasesAsync(layout, cancellationToken);
        return survey;
    }

    private async Task ReadFilesAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Files.ScanAsync(cancellationToken: cancellationToken))
        {
            var key = row.RowKey;
            if (key == FileKeys.Header)
                _folders[row.PartitionKey] = row.Number(EntryColumns.Id) ?? 0;
            else if (IsEntry(row) && !row.IsPending)
                AddName(row.PartitionKey, FileRecord.FromRow(row, 0));
            else if (key.StartsWith(FileKeys.FileIdPrefix, StringComparison.Ordinal) && !row.IsPending)
                FilesById.Add((row.PartitionKey, row.RequiredNumber(EntryColumns.Id)));
            else if (key.StartsWith(WriteIntent.Prefix, StringComparison.Ordinal))
                Writes.Add(WriteIntent.FromRow(row));
            else if (key.StartsWith(DriveControl.MovePrefix, StringComparison.Ordinal))
                Movers.Add(OwnerOf(row.PartitionKey));
            else if (key.StartsWith(DriveControl.LockPrefix, StringComparison.Ordinal) && DriveLocks.IsOfUpload(row))
                UploadLocks.Add((key[DriveControl.LockPrefix.Length..], OwnerOf(row.PartitionKey)));
        }
    }

    private void AddName(string partition, FileRecord entry)
    {
        Entries[entry.Id] = entry;
        PartitionsOfNames[entry.Id] = partition;
    }

    // The row of a folder's name says little; its full row is beside it.
    private static bool IsEntry(Row row) => row.RowKey.StartsWith(FileKeys.FolderPrefix, StringComparison.Ordinal)
        || (row.RowKey.StartsWith(FileKeys.NamePrefix, StringComparison.Ordinal) && row.EntryType == FileType.File);

    private static long OwnerOf(string trash) => -FileKeys.ParseFolder(trash);

    private async Task ReadIdsAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.FileIds.ScanAsync(cancellationToken: cancellationToken))
        {
            // Such a row permanently keeps an id from being used late.
            if (row.RequiredNumber(EntryColumns.ParentId) != MoveIntent.Nowhere || row.RequiredNumber(EntryColumns.MoveVersion) != 0)
                IdRows[FileKeys.ParseId(row.RowKey)] = row.RequiredNumber(EntryColumns.ParentId);
        }
    }

    private async Task ReadEntitiesAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Entities.ScanAsync(cancellationToken: cancellationToken))
        {
            var reference = EntityReferences.ReferenceOf(row);
            if (EntityReferences.IsEntity(row))
                Entities[reference.EntityId] = EntityRecord.FromRow(row, reference.EntityId);
            if (reference.FileId != 0)
                References.Add(reference);
        }
        await foreach (var note in layout.Schedules.ScanAsync(EntityRecycler.NotesFilter, cancellationToken))
        {
            if (EntityRecycler.BlobOf(note) is { } blob)
                RecycledBlobs.Add(blob);
            else
                Recycled.Add(note.Number(EntryColumns.Id) ?? 0);
        }
    }

    private async Task ReadUploadsAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Uploads.ScanAsync(cancellationToken: cancellationToken))
        {
            if (!ChunkedUpload.Has(row))
                Uploads.Add(UploadSession.FromRow(row));
            else if (ChunkedUpload.IsLive(row))
                Chunked.Add(ChunkedUpload.FromRow(row));
        }
    }

    private async Task ReadReleasesAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        Releases.AddRange(Writes.Where(w => w.State == WriteState.Written).Select(w => (w.OwnerId, w.FileId, w.Dropped)));
        Releases.AddRange(Uploads.Where(u => u.State == UploadState.Completing && SiteIntegrity.HasContent(this, u.FileId, u.EntityId)).Select(u => (u.OwnerId, u.FileId, u.Dropped)));
        await foreach (var note in layout.Schedules.ScanAsync(LinkReleases.NotesFilter, cancellationToken))
            Releases.Add(LinkReleases.NotedBy(note));
    }

    private async Task ReadQuotasAsync(StorageLayout layout, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.Quotas.ScanAsync(cancellationToken: cancellationToken))
        {
            if (QuotaLedger.TotalOf(row) is { } total)
                Used[total.UserId] = total.Bytes;
            else if (QuotaLedger.OperationOf(row) is { } operation)
                Charges[operation.Id] = operation.Delta;
        }
    }
}
