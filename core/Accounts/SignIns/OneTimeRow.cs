using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// Rows that work once: challenges, states and codes. One that was used stays as a mark until it has expired, without its content, so
/// that a user whose use was not confirmed can be distinguished from a competing caller: after a removal both would find nothing.
/// </summary>
internal static class OneTimeRow
{
    private const string Used = "used";

    /// <summary>Finds a row and consumes it: of several callers, one gets it. Two transactions, one when there is none.</summary>
    /// <param name="table">The table that it is in.</param>
    /// <returns>The row as it was; null when there is none, or it was used.</returns>
    public static async Task<Row?> TakeAsync(Table table, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        if (await table.FindAsync(partitionKey, rowKey, cancellationToken) is not { } row || row[Used] is not null)
            return null;
        var use = Guid.NewGuid();
        try
        {
            await table.ReplaceAsync(new Row(partitionKey, rowKey) { [Used] = use, [SessionSweep.ExpiresAt] = row.Time(SessionSweep.ExpiresAt) }, row.ETag, cancellationToken);
            return row;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // A competing call came first, unless it was our own write, whose response was lost.
            return (await table.FindAsync(partitionKey, rowKey, cancellationToken))?[Used] as Guid? == use ? row : null;
        }
    }
}
