using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.FullText.Rebuild;

/// <summary>The rows of ids that rebuilds go through.</summary>
internal sealed class RebuildFiles(StorageLayout layout)
{
    private static readonly string[] s_columns = ["PartitionKey", "RowKey", EntryColumns.Type, EntryColumns.ParentId];

    /// <summary>The next rows of ids of files, of one partition: one transaction or two; none at the end.</summary>
    /// <param name="partition">The partition of the row that was read last; empty for the beginning.</param>
    /// <param name="key">That row.</param>
    /// <param name="most">Maximum number of rows.</param>
    public async Task<IReadOnlyList<Row>> ReadIdsAsync(string partition, string key, int most, CancellationToken cancellationToken)
    {
        var rest = new RowRange(partition) { Condition = FileRecord.IsOwnedFileCondition }.Behind(key);
        var rows = partition.Length == 0
            ? []
            : await FirstAsync(token => layout.FileIds.QueryPageAsync(rest, most, token, cancellationToken));
        if (rows.Count == 0)
            rows = await FirstAsync(token => layout.FileIds.ScanPageAsync($"PartitionKey gt '{partition}' and {FileRecord.IsOwnedFileCondition}", s_columns, token, cancellationToken));
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
}
