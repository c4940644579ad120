using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>Reads a table in parts, each of which begins where the one before ended.</summary>
/// <param name="condition">Selects the rows; null for all.</param>
/// <param name="start">The partition to begin with; empty for the first.</param>
/// <param name="most">Number of rows that are enough; the partition in which they end is read to its end.</param>
internal sealed class PagedScan(Table table, string? condition, string start, int most)
{
    /// <summary>The start of the next part, once this one was read; empty at the end of the table.</summary>
    public string Next { get; private set; } = "";

    /// <summary>The rows, partition by partition: one transaction for each 1,000.</summary>
    public async IAsyncEnumerable<IReadOnlyList<Row>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = start.Length == 0 ? condition : condition is null ? $"PartitionKey ge '{start}'" : $"PartitionKey ge '{start}' and {condition}";
        var partition = new List<Row>();
        var count = 0;
        await foreach (var row in table.ScanAsync(filter, cancellationToken))
        {
            if (partition.Count > 0 && partition[0].PartitionKey != row.PartitionKey)
            {
                yield return partition;
                if (count >= most)
                {
                    Next = row.PartitionKey;
                    yield break;
                }
                partition = [];
            }
            partition.Add(row);
            count++;
        }
        if (partition.Count > 0)
            yield return partition;
    }
}
