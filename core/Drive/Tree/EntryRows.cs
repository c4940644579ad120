using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The rows of which folders and entries consist, and the batches that write the entries of one folder (docs/architecture.md, Metadata).</summary>
internal static class EntryRows
{
    // After the header. A folder's full row stands after the header and its name.
    private const int FileNameIndex = 1;
    private const int FolderRowIndex = 2;

    /// <summary>The row that a folder has while it exists.</summary>
    public static Row NewHeader(long folderId, long ownerId) => new(FileKeys.Folder(folderId), FileKeys.Header) { [EntryColumns.Id] = folderId, [EntryColumns.OwnerId] = ownerId };

    /// <summary>The row that tells which folder an entry is in.</summary>
    public static Row NewIdRow(FileRecord record) => NewIdRow(record.Id, record.Type, record.ParentId, record.OwnerId, record.CreatedAt);

    /// <summary>The row that tells which folder an entry is in.</summary>
    public static Row NewIdRow(long id, FileType type, long parentId, long ownerId, DateTimeOffset createdAt) => new(FileKeys.IdBlock(id), FileKeys.Id(id))
    {
        [EntryColumns.ParentId] = parentId,
        [EntryColumns.Type] = (int)type,
        [EntryColumns.OwnerId] = ownerId,
        [EntryColumns.MoveVersion] = 1L,
        // For the administration's lists and charts.
        [EntryColumns.CreatedAt] = createdAt,
    };

    /// <summary>A batch that inserts entries into a folder and fails as a whole once the folder is deleted.</summary>
    public static TableBatch InsertInto(long folderId, params IEnumerable<FileRecord> entries)
    {
        var partition = FileKeys.Folder(folderId);
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        foreach (var row in entries.SelectMany(e => e.ToRows()))
            batch.Insert(row);
        return batch;
    }

    /// <summary>A batch that replaces an entry if its guarded row has a version, and fails as a whole once the folder is deleted.</summary>
    public static TableBatch ReplaceIn(FileRecord file, string etag)
    {
        var partition = FileKeys.Folder(file.ParentId);
        var guarded = file.GuardedKey;
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        foreach (var row in file.ToRows())
            batch.Replace(row, row.RowKey == guarded ? etag : "*");
        return batch;
    }

    /// <summary>The new version of an entry that a batch of <see cref="InsertInto"/> or <see cref="ReplaceIn"/> wrote, alone or as the first.</summary>
    /// <param name="type">File or folder.</param>
    /// <param name="etags">The answer to the batch.</param>
    public static string ETagOf(FileType type, IReadOnlyList<string?> etags) => etags[type == FileType.File ? FileNameIndex : FolderRowIndex] ?? "";
}
