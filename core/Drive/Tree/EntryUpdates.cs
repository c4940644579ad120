using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>Changes entries in their place: content, metadata, view. Names and folders change by moves.</summary>
/// <param name="byId">Reads an entry again that changed meanwhile.</param>
public sealed class EntryUpdates(StorageLayout layout, EntriesById byId)
{
    /// <summary>
    /// Changes an entry that may have been changed meanwhile: one transaction for one that was read by its name, more when a
    /// competing call came first, whose change is kept.
    /// </summary>
    /// <param name="file">The entry as it was read.</param>
    /// <param name="change">
    /// Builds the new entry from the current one; called again after a competing change, so it must have no effects. Id, owner, type,
    /// name and folder stay as they are. Returning its argument writes nothing; throwing ends the call.
    /// </param>
    /// <returns>The entry as it is stored.</returns>
    /// <exception cref="CloudreveException">40016 when the entry is gone; 409 while it is being moved.</exception>
    public async Task<FileRecord> UpdateAsync(FileRecord file, Func<FileRecord, FileRecord> change, CancellationToken cancellationToken = default)
    {
        var current = file.ETag.Length > 0 ? file : await byId.ReadAgainAsync(file, cancellationToken);
        while (true)
        {
            if (current.PendingMove is not null)
                throw new CloudreveException(ErrorCode.Conflict, "The item is being moved. Try again.");
            var changed = change(current);
            if (ReferenceEquals(changed, current))
                return current;
            try
            {
                var etags = await layout.Files.SubmitAsync(EntryRows.ReplaceIn(changed, current.ETag), cancellationToken);
                return changed with { ETag = EntryRows.ETagOf(changed.Type, etags) };
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                current = await byId.ReadAgainAsync(current, cancellationToken);
            }
        }
    }
}
