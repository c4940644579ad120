using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Moves;

/// <summary>Changes id rows, so that a call which began before and is late cannot commit.</summary>
internal static class IdFence
{
    /// <summary>
    /// Takes a free id, so that an entry which is being added cannot be created. The row stays: the call that adds the entry
    /// may be very late.
    /// </summary>
    public static async Task<bool> TryBlockAsync(Table ids, long id, CancellationToken cancellationToken)
    {
        try
        {
            var taken = new Row(FileKeys.IdBlock(id), FileKeys.Id(id))
            {
                [EntryColumns.ParentId] = MoveIntent.Nowhere,
                [EntryColumns.Type] = 0,
                [EntryColumns.OwnerId] = 0L,
                [EntryColumns.MoveVersion] = 0L,
            };
            await ids.InsertAsync(taken, cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            return false;
        }
    }

    /// <summary>Raises the version of an id row, so that a move which began before cannot commit.</summary>
    public static async Task<bool> TryRaiseAsync(Table ids, Row idRow, CancellationToken cancellationToken)
    {
        var fenced = idRow.CopyTo(idRow.PartitionKey, idRow.RowKey);
        fenced[EntryColumns.MoveVersion] = idRow.RequiredNumber(EntryColumns.MoveVersion) + 1;
        fenced[EntryColumns.Operation] = null;
        try
        {
            await ids.ReplaceAsync(fenced, idRow.ETag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }
}
