using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Infrastructure.Sealing;

/// <summary>Seals texts that are stored without a seal, or with one of an earlier key.</summary>
internal static class SealedRows
{
    private const int MaxTries = 10;

    /// <summary>
    /// Replaces the rows of a partition that are not sealed as they would be now. One transaction for each 1,000 rows, and one for each that is
    /// replaced. A row that is changed meanwhile is read again.
    /// </summary>
    /// <param name="isCurrent">Checks a row.</param>
    /// <param name="renew">Makes the new row.</param>
    public static async Task RenewAsync(
        Table table, string partition, Func<Row, bool> isCurrent, Func<Row, Row> renew, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var wasOutrun = false;
            await foreach (var row in table.QueryAsync(new RowRange(partition), cancellationToken))
            {
                if (isCurrent(row))
                    continue;
                try
                {
                    await table.ReplaceAsync(renew(row), row.ETag, cancellationToken);
                }
                catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException && tries < MaxTries)
                {
                    wasOutrun = true;
                }
            }
            if (!wasOutrun)
                return;
        }
    }
}
