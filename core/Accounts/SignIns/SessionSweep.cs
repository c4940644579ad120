using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// Removes what has expired among sign-ins, ceremonies, codes, revocations, counted attempts, answered captchas and requests for archives. Expired rows are harmless, they only
/// take room.
/// </summary>
/// <param name="clock">Determines which have expired.</param>
public sealed class SessionSweep(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The column of the tables of sessions and users that tells from when on a row may be removed.</summary>
    internal const string ExpiresAt = "expires";

    /// <summary>Removes rows: one transaction for each 1,000 rows of the tables, and one for each 100 of a partition that are removed.</summary>
    /// <param name="maxRows">Maximum number that is removed; the rest is left to the next run.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The number removed.</returns>
    public async Task<int> RunAsync(int maxRows, CancellationToken cancellationToken = default)
    {
        var now = StoredTime.InCondition(clock.GetUtcNow());
        var removed = 0;
        foreach (var table in (Table[])[layout.Sessions, layout.Users])
            removed += await RowSweep.DeleteAsync(table, table.ScanAsync($"{ExpiresAt} lt {now}", cancellationToken), maxRows - removed, cancellationToken, RowSweep.Lanes);
        return removed;
    }
}
