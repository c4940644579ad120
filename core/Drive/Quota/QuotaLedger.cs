using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Quota;

/// <summary>An operation that changes the bytes that a user has in use.</summary>
/// <param name="Operation">Identifies a repetition; no character that keys forbid.</param>
/// <param name="Delta">Bytes; negative to give back.</param>
internal readonly record struct QuotaChange(string Operation, long Delta);

/// <summary>
/// Storage used by each user. A change is one batch {insert the operation's row, update the total}, so an operation that is
/// repeated under its id changes nothing.
/// </summary>
/// <param name="layout">The storage of totals.</param>
/// <param name="clock">The time that operations are stamped with.</param>
public sealed class QuotaLedger(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The time that an operation is remembered. Repetitions come earlier.</summary>
    public static readonly TimeSpan OperationsAreKept = TimeSpan.FromDays(30);

    // A turn that takes longer waits for storage that does not respond: others try without one.
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(10);

    private const string Total = "total";
    private const string OperationPrefix = "op|";

    private readonly DriveTurns _turns = new();

    /// <summary>Bytes that a user's blobs take. One transaction.</summary>
    public async Task<long> GetUsedAsync(long userId, CancellationToken cancellationToken = default) =>
        (await layout.Quotas.FindAsync(Partition(userId), Total, cancellationToken))?.Number(Columns.Used) ?? 0;

    /// <summary>
    /// Adds to the bytes in use, or takes away. Two transactions, two more for each competing call of another process: within one, changes of a
    /// user's total wait for each other.
    /// </summary>
    /// <param name="operationId">Identifies a repetition; no character that keys forbid.</param>
    /// <param name="delta">Bytes; negative to give back.</param>
    /// <param name="limit">The most that may be in use afterwards; null for no limit. Giving back is always allowed.</param>
    /// <exception cref="CloudreveException">40051 when the limit would be exceeded; nothing is changed.</exception>
    public async Task ChargeAsync(long userId, string operationId, long delta, long? limit, CancellationToken cancellationToken = default)
    {
        if (!await TryChargeAsync(userId, operationId, delta, limit, cancellationToken))
            throw new CloudreveException(ErrorCode.QuotaExceeded, "The storage quota is exceeded.");
    }

    /// <summary>Like <see cref="ChargeAsync"/>, but returns false when the limit would be exceeded.</summary>
    /// <param name="operationId">Identifies a repetition.</param>
    /// <param name="delta">Bytes; negative to give back.</param>
    /// <param name="limit">The most that may be in use afterwards; null for no limit.</param>
    public Task<bool> TryChargeAsync(long userId, string operationId, long delta, long? limit, CancellationToken cancellationToken = default) =>
        TryChargeAsync(userId, [new QuotaChange(operationId, delta)], limit, cancellationToken);

    /// <summary>
    /// Charges operations of one user, each of which can be undone by itself: two transactions for each 99. Those that are charged together must be
    /// repeated together.
    /// </summary>
    /// <returns>False when the limit would be exceeded: some may have been charged.</returns>
    internal async Task<bool> TryChargeAllAsync(long userId, IEnumerable<QuotaChange> changes, long? limit, CancellationToken cancellationToken)
    {
        foreach (var chunk in changes.Where(change => change.Delta != 0).Chunk(AzureLimits.BatchOperations - 1))
        {
            if (!await TryChargeAsync(userId, chunk, limit, cancellationToken))
                return false;
        }
        return true;
    }

    private async Task<bool> TryChargeAsync(long userId, QuotaChange[] changes, long? limit, CancellationToken cancellationToken)
    {
        var delta = changes.Sum(change => change.Delta);
        if (delta == 0)
            return true;
        var partition = Partition(userId);
        using var turn = await TakeTurnAsync(userId, cancellationToken);
        while (true)
        {
            var total = await layout.Quotas.FindAsync(partition, Total, cancellationToken);
            var used = total?.Number(Columns.Used) ?? 0;
            if (IsTooMuch(used, delta, limit))
                return await IsChargedAsync(userId, changes[0].Operation, cancellationToken);
            var batch = new TableBatch(partition);
            foreach (var change in changes)
                batch.Insert(new Row(partition, OperationPrefix + change.Operation) { [Columns.Delta] = change.Delta, [Columns.At] = clock.GetUtcNow() });
            var updated = new Row(partition, Total) { [Columns.Used] = used + delta };
            if (total is null)
                batch.Insert(updated);
            else
                batch.Replace(updated, total.ETag);
            try
            {
                await layout.Quotas.SubmitAsync(batch, cancellationToken);
                return true;
            }
            catch (StorageExistsException e) when (e.FailedIndex < changes.Length)
            {
                return true;
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                // Another change came first: read the total again.
            }
        }
    }

    /// <summary>
    /// Undoes an operation, if it was charged, as if it had never happened: it may be charged again later. Three transactions,
    /// or one when it was not charged.
    /// </summary>
    public async Task ReverseAsync(long userId, string operationId, CancellationToken cancellationToken = default)
    {
        var partition = Partition(userId);
        using var turn = await TakeTurnAsync(userId, cancellationToken);
        while (await layout.Quotas.FindAsync(partition, OperationPrefix + operationId, cancellationToken) is { } operation)
        {
            var total = await layout.Quotas.FindAsync(partition, Total, cancellationToken);
            var updated = new Row(partition, Total) { [Columns.Used] = (total?.Number(Columns.Used) ?? 0) - operation.RequiredNumber(Columns.Delta) };
            try
            {
                await layout.Quotas.SubmitAsync(
                    new TableBatch(partition).Delete(operation.RowKey, operation.ETag).Replace(updated, total?.ETag ?? "*"), cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another change came first, or a response was lost: read again.
            }
        }
    }

    /// <summary>Undoes all operations whose ids share a prefix: one transaction for each 1,000 to find them, two for each 99.</summary>
    /// <param name="prefix">Prefix of their ids.</param>
    internal async Task ReverseAllAsync(long userId, string prefix, CancellationToken cancellationToken)
    {
        var partition = Partition(userId);
        while (await layout.Quotas.QueryPageAsync(OperationsOf(partition, prefix), AzureLimits.BatchOperations - 1, null, cancellationToken) is { Rows.Count: > 0 } page)
        {
            var total = await layout.Quotas.FindAsync(partition, Total, cancellationToken);
            var batch = new TableBatch(partition);
            foreach (var operation in page.Rows)
                batch.Delete(operation.RowKey, operation.ETag);
            batch.Replace(
                new Row(partition, Total) { [Columns.Used] = (total?.Number(Columns.Used) ?? 0) - page.Rows.Sum(operation => operation.RequiredNumber(Columns.Delta)) }, total?.ETag ?? "*");
            try
            {
                await layout.Quotas.SubmitAsync(batch, cancellationToken);
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Another change came first, or a response was lost: read again.
            }
        }
    }

    /// <summary>Sums the bytes of all operations whose ids share a prefix. One transaction for each 1,000.</summary>
    internal async Task<long> SumAsync(long userId, string prefix, CancellationToken cancellationToken) =>
        await layout.Quotas.QueryAsync(OperationsOf(Partition(userId), prefix), cancellationToken).Select(row => row.RequiredNumber(Columns.Delta)).SumAsync(cancellationToken);

    /// <summary>Checks whether an operation has been charged. One transaction.</summary>
    public async Task<bool> IsChargedAsync(long userId, string operationId, CancellationToken cancellationToken = default) =>
        await FindChargeAsync(userId, operationId, cancellationToken) is not null;

    /// <summary>The bytes that an operation was charged with; null when it has not been charged. One transaction.</summary>
    internal async Task<long?> FindChargeAsync(long userId, string operationId, CancellationToken cancellationToken) =>
        (await layout.Quotas.FindAsync(Partition(userId), OperationPrefix + operationId, cancellationToken))?.RequiredNumber(Columns.Delta);

    /// <summary>Forgets operations that are older than <see cref="OperationsAreKept"/>; the totals stay. Scans the table.</summary>
    /// <param name="most">At most how many are forgotten; the rest is left to the next call.</param>
    /// <param name="cancellationToken">Cancels the sweep; harmless.</param>
    /// <returns>The number forgotten.</returns>
    public Task<int> SweepAsync(int most, CancellationToken cancellationToken = default)
    {
        var before = StoredTime.InCondition(clock.GetUtcNow() - OperationsAreKept);
        var old = layout.Quotas.ScanAsync($"RowKey ge '{OperationPrefix}' and RowKey lt 'op}}' and {Columns.At} lt {before}", cancellationToken);
        return RowSweep.DeleteAsync(layout.Quotas, old, most, cancellationToken, RowSweep.Lanes);
    }

    /// <summary>Removes all records of a user: one transaction for each 100 operations. Harmless to repeat.</summary>
    internal Task ClearAsync(long userId, CancellationToken cancellationToken) => RowSweep.DeleteAsync(
        layout.Quotas, layout.Quotas.QueryAsync(new RowRange(Partition(userId)), cancellationToken), int.MaxValue, cancellationToken);

    /// <summary>Sets the bytes in use, unless they have changed since they were read: two transactions.</summary>
    /// <returns>False when they have changed.</returns>
    internal async Task<bool> TrySetAsync(long userId, long expected, long used, CancellationToken cancellationToken)
    {
        var partition = Partition(userId);
        var total = await layout.Quotas.FindAsync(partition, Total, cancellationToken);
        if ((total?.Number(Columns.Used) ?? 0) != expected)
            return false;
        var updated = new Row(partition, Total) { [Columns.Used] = used };
        try
        {
            if (total is null)
                await layout.Quotas.InsertAsync(updated, cancellationToken);
            else
                await layout.Quotas.ReplaceAsync(updated, total.ETag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Finds all totals.</summary>
    internal const string TotalsFilter = "RowKey eq '" + Total + "'";

    /// <summary>The total that a row of the table holds; null for other rows.</summary>
    internal static (long UserId, long Bytes)? TotalOf(Row row) => row.RowKey == Total
        ? (long.Parse(row.PartitionKey.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), row.RequiredNumber(Columns.Used))
        : null;

    /// <summary>The charge that a row of the table notes; null for other rows.</summary>
    internal static (string Id, long Delta)? OperationOf(Row row) => row.RowKey.StartsWith(OperationPrefix, StringComparison.Ordinal)
        ? (row.RowKey[OperationPrefix.Length..], row.RequiredNumber(Columns.Delta))
        : null;

    /// <summary>
    /// All changes replace the same total, so concurrent moves would only make each other start over. The total's version keeps them
    /// exact; turns keep them cheap.
    /// </summary>
    private async Task<IDisposable?> TakeTurnAsync(long userId, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TurnTimeout, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await _turns.TakeAsync(userId, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Sizes come from clients: a sum that overflows is beyond every limit.</summary>
    private static bool IsTooMuch(long used, long delta, long? limit) =>
        delta > 0 && used > (limit ?? long.MaxValue) - delta;

    private static RowRange OperationsOf(string partition, string prefix) => RowRange.Prefix(partition, OperationPrefix + prefix);

    private static string Partition(long userId) => "u" + userId.ToString("x", CultureInfo.InvariantCulture);

    private static class Columns
    {
        public const string Used = "used";
        public const string Delta = "delta";
        public const string At = "at";
    }
}
