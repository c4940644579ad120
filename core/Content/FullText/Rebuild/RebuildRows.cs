using System.Globalization;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.FullText.Rebuild;

/// <summary>The state of rebuilds, and the rows of ids that they go through.</summary>
internal sealed class RebuildRows(StorageLayout layout)
{
    private const string StateKey = "a";
    private const string State = "state";
    private const string IsFile = "t eq 0 and o gt 0L";

    private static readonly string[] s_columns = ["PartitionKey", "RowKey", EntryColumns.Type, EntryColumns.ParentId];

    /// <summary>The state with its version: one transaction; null before the first step.</summary>
    public async Task<(RebuildState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, State)!, RebuildJson.Default.RebuildState)!, row.ETag)
            : null;

    /// <summary>Writes the state in place of the version that was read: one transaction.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="state">The state.</param>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version.</returns>
    /// <exception cref="StorageException">Another run got further meanwhile.</exception>
    public async Task<string> WriteAsync(long taskId, RebuildState state, string? etag, CancellationToken cancellationToken)
    {
        var row = new Row(Partition(taskId), StateKey);
        LongText.Write(row, State, JsonSerializer.Serialize(state, RebuildJson.Default.RebuildState));
        return etag is null
            ? await layout.TaskItems.InsertAsync(row, cancellationToken)
            : await layout.TaskItems.ReplaceAsync(row, etag, cancellationToken);
    }

    /// <summary>Removes the state: one transaction. Harmless to repeat.</summary>
    public Task ClearAsync(long taskId, CancellationToken cancellationToken) =>
        layout.TaskItems.DeleteAsync(Partition(taskId), StateKey, cancellationToken: cancellationToken);

    /// <summary>The next rows of ids of files, of one partition: one transaction or two; none at the end.</summary>
    /// <param name="partition">The partition of the row that was read last; empty for the beginning.</param>
    /// <param name="key">That row.</param>
    /// <param name="most">Maximum number of rows.</param>
    public async Task<IReadOnlyList<Row>> ReadIdsAsync(string partition, string key, int most, CancellationToken cancellationToken)
    {
        var rest = new RowRange(partition) { Condition = IsFile }.Behind(key);
        var rows = partition.Length == 0
            ? []
            : await FirstAsync(token => layout.FileIds.QueryPageAsync(rest, most, token, cancellationToken));
        if (rows.Count == 0)
            rows = await FirstAsync(token => layout.FileIds.ScanPageAsync($"PartitionKey gt '{partition}' and {IsFile}", s_columns, token, cancellationToken));
        return [.. rows.TakeWhile(row => row.PartitionKey == rows[0].PartitionKey).Take(most)];
    }

    /// <summary>The first page that is not empty.</summary>
    private static async Task<IReadOnlyList<Row>> FirstAsync(Func<string?, Task<RowPage>> readAsync)
    {
        string? token = null;
        do
        {
            var page = await readAsync(token);
            if (page.Rows.Count > 0)
                return page.Rows;
            token = page.ContinuationToken;
        }
        while (token is not null);
        return [];
    }

    private static string Partition(long taskId) => "fulltext" + taskId.ToString("x", CultureInfo.InvariantCulture);
}
