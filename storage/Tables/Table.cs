using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;

namespace Cloudreve.AzureStorage.Tables;

/// <summary>
/// A table of the account. Every method is one billed request unless its documentation says otherwise.
/// Errors are <see cref="StorageNotFoundException"/>, <see cref="StorageExistsException"/>,
/// <see cref="StorageChangedException"/> and <see cref="StorageUnavailableException"/>.
/// </summary>
public sealed class Table
{
    private readonly TableClient _client;

    internal Table(TableClient client) => _client = client;

    /// <summary>The table's name.</summary>
    public string Name => _client.Name;

    /// <summary>Creates the table unless it exists.</summary>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _client.CreateIfNotExistsAsync(cancellationToken));

    /// <summary>Reads one row; null when it does not exist.</summary>
    public Task<Row?> FindAsync(string partitionKey, string rowKey, CancellationToken cancellationToken = default)
    {
        AzureLimits.CheckKey(partitionKey);
        AzureLimits.CheckKey(rowKey);
        return CallAsync(async () =>
        {
            var answer = await _client.GetEntityIfExistsAsync<TableEntity>(partitionKey, rowKey, cancellationToken: cancellationToken);
            return answer.HasValue ? new Row(answer.Value!) : null;
        });
    }

    /// <summary>Reads up to <paramref name="take"/> rows of a range, in one request.</summary>
    /// <param name="range">The rows.</param>
    /// <param name="take">At most how many rows, 1 to 1,000.</param>
    /// <param name="continuationToken">The token of the page before; null for the first.</param>
    public Task<RowPage> QueryPageAsync(RowRange range, int take = 1000, string? continuationToken = null, CancellationToken cancellationToken = default) =>
        CallAsync(() => QueryFilterPageAsync(range.ToFilter(), take, continuationToken, cancellationToken));

    /// <summary>Reads all rows of a range, one request for each 1,000 rows.</summary>
    /// <param name="range">The rows.</param>
    public async IAsyncEnumerable<Row> QueryAsync(RowRange range, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? token = null;
        do
        {
            var page = await QueryPageAsync(range, 1000, token, cancellationToken);
            foreach (var row in page.Rows)
                yield return row;
            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    /// <summary>Reads all rows of the table, one request or more for each 1,000 rows. For small tables and recovery only.</summary>
    /// <param name="condition">An OData filter, or null.</param>
    public async IAsyncEnumerable<Row> ScanAsync(string? condition = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? token = null;
        do
        {
            var from = token;
            var page = await CallAsync(() => QueryFilterPageAsync(condition, 1000, from, cancellationToken));
            foreach (var row in page.Rows)
                yield return row;
            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    /// <summary>Reads the next rows of the table, at most 1,000, in one request.</summary>
    /// <param name="condition">An OData filter, or null.</param>
    /// <param name="columns">The properties that are read, keys included.</param>
    /// <param name="continuationToken">The token of the page before; null for the first.</param>
    public Task<RowPage> ScanPageAsync(
        string? condition, IReadOnlyCollection<string> columns, string? continuationToken = null, CancellationToken cancellationToken = default) =>
        CallAsync(() => QueryFilterPageAsync(condition, 1000, continuationToken, cancellationToken, columns));

    /// <summary>Adds a row that must not exist.</summary>
    /// <returns>The row's ETag.</returns>
    public Task<string> InsertAsync(Row row, CancellationToken cancellationToken = default)
    {
        AzureLimits.Check(row);
        return CallAsync(async () => ETagOf(await _client.AddEntityAsync(row.Entity, cancellationToken)));
    }

    /// <summary>Adds or replaces a row, whether or not it exists.</summary>
    /// <returns>The row's ETag.</returns>
    public Task<string> UpsertAsync(Row row, CancellationToken cancellationToken = default)
    {
        AzureLimits.Check(row);
        return CallAsync(async () => ETagOf(await _client.UpsertEntityAsync(row.Entity, TableUpdateMode.Replace, cancellationToken)));
    }

    /// <summary>Replaces an existing row.</summary>
    /// <param name="etag">The version that must still be there, or <c>*</c>.</param>
    /// <returns>The row's new ETag.</returns>
    public Task<string> ReplaceAsync(Row row, string etag, CancellationToken cancellationToken = default)
    {
        AzureLimits.Check(row);
        return CallAsync(async () => ETagOf(await _client.UpdateEntityAsync(row.Entity, new ETag(etag), TableUpdateMode.Replace, cancellationToken)));
    }

    /// <summary>Sets the given properties of an existing row and leaves the others.</summary>
    /// <param name="row">The row with the properties to set.</param>
    /// <param name="etag">The version that must still be there, or <c>*</c>.</param>
    /// <returns>The row's new ETag.</returns>
    public Task<string> MergeAsync(Row row, string etag, CancellationToken cancellationToken = default)
    {
        AzureLimits.Check(row);
        return CallAsync(async () => ETagOf(await _client.UpdateEntityAsync(row.Entity, new ETag(etag), TableUpdateMode.Merge, cancellationToken)));
    }

    /// <summary>Sets the given properties of a row in any version, and leaves the others.</summary>
    /// <param name="row">The row with the properties to set.</param>
    /// <returns>False when there is no such row.</returns>
    public async Task<bool> TryMergeAsync(Row row, CancellationToken cancellationToken = default)
    {
        try
        {
            await MergeAsync(row, "*", cancellationToken);
            return true;
        }
        catch (StorageNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Deletes a row.</summary>
    /// <param name="etag">The version that must still be there, or <c>*</c>.</param>
    /// <returns>False when there was no such row.</returns>
    public Task<bool> DeleteAsync(string partitionKey, string rowKey, string etag = "*", CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var answer = await _client.DeleteEntityAsync(partitionKey, rowKey, new ETag(etag), cancellationToken);
            return answer.Status != 404;
        });

    /// <summary>Executes a batch atomically. An empty batch costs no request.</summary>
    /// <param name="batch">The writes.</param>
    /// <returns>The new ETags, one for each operation, in order (null for deletes).</returns>
    public Task<IReadOnlyList<string?>> SubmitAsync(TableBatch batch, CancellationToken cancellationToken = default) =>
        batch.Count == 0
            ? Task.FromResult<IReadOnlyList<string?>>([])
            : CallAsync<IReadOnlyList<string?>>(async () =>
            {
                var answer = await _client.SubmitTransactionAsync(batch.Actions, cancellationToken);
                return [.. answer.Value.Select(r => r.Headers.ETag?.ToString())];
            });

    private async Task<RowPage> QueryFilterPageAsync(
        string? filter, int take, string? continuationToken, CancellationToken cancellationToken, IReadOnlyCollection<string>? columns = null)
    {
        var pages = _client.QueryAsync<TableEntity>(filter, Math.Clamp(take, 1, 1000), columns, cancellationToken)
            .AsPages(string.IsNullOrEmpty(continuationToken) ? null : continuationToken);
        await foreach (var page in pages)
            return new RowPage([.. page.Values.Select(e => new Row(e))], string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        return new RowPage([], null);
    }

    private static string ETagOf(Response response) => response.Headers.ETag?.ToString() ?? "";

    private Task CallAsync(Func<Task> call) => StorageErrors.GuardAsync(Name, call);

    private Task<T> CallAsync<T>(Func<Task<T>> call) => StorageErrors.GuardAsync(Name, call);
}
