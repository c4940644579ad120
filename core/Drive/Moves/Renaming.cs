using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>Renames entries within their folder: one batch, so it is atomic.</summary>
internal sealed class Renaming(StorageLayout layout)
{
    private const string ThumbnailsDisabled = "thumb:disabled";

    /// <summary>Renames an entry. One transaction.</summary>
    /// <param name="entry">The entry, read by its name.</param>
    /// <param name="newName">The name; valid and another one.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 409 when a competing call came first.</exception>
    public async Task<FileRecord> RenameAsync(FileRecord entry, string newName, CancellationToken cancellationToken)
    {
        var renamed = entry with { Name = newName, Metadata = MetadataKeys.WithoutSource(MetadataOf(entry, newName)) };
        var partition = FileKeys.Folder(entry.ParentId);
        var batch = new TableBatch(partition).Merge(new Row(partition, FileKeys.Header));
        // Rows by id stay where they are; rows by name are replaced.
        var kept = entry.ToRows().Select(r => r.RowKey).Intersect(renamed.ToRows().Select(r => r.RowKey)).ToHashSet();
        foreach (var row in entry.ToRows().Where(r => !kept.Contains(r.RowKey)))
            batch.Delete(row.RowKey, row.RowKey == entry.GuardedKey ? entry.ETag : "*");
        var index = 0;
        foreach (var row in renamed.ToRows())
        {
            if (row.RowKey == renamed.GuardedKey)
                index = batch.Count;
            if (kept.Contains(row.RowKey))
                batch.Replace(row);
            else
                batch.Insert(row);
        }
        try
        {
            return renamed with { ETag = (await layout.Files.SubmitAsync(batch, cancellationToken))[index] ?? "" };
        }
        catch (StorageExistsException e)
        {
            throw new CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", e);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // Its response may have been lost: then the entry has the new name.
            if (await FindAsync(renamed, cancellationToken) is { } there)
                return there;
            throw EntryErrors.Changed(e);
        }
    }

    private async Task<FileRecord?> FindAsync(FileRecord renamed, CancellationToken cancellationToken)
    {
        var row = await layout.Files.FindAsync(FileKeys.Folder(renamed.ParentId), renamed.GuardedKey, cancellationToken);
        return row is not null && row.RequiredNumber(EntryColumns.Id) == renamed.Id ? FileRecord.FromRow(row, renamed.ParentId) : null;
    }

    // Another type may be one that thumbnails can be made of (contract, section 12).
    private static IReadOnlyDictionary<string, string> MetadataOf(FileRecord entry, string newName) =>
        entry.Metadata.ContainsKey(ThumbnailsDisabled) && !string.Equals(Path.GetExtension(entry.Name), Path.GetExtension(newName), StringComparison.OrdinalIgnoreCase)
            ? entry.Metadata.Where(m => m.Key != ThumbnailsDisabled).ToDictionary()
            : entry.Metadata;
}
