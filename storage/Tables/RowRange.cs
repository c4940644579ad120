using System.Globalization;
using System.Text;

namespace Cloudreve.AzureStorage.Tables;

/// <summary>A contiguous, ordinally ordered part of one partition, or the same part of each partition of a run.</summary>
/// <param name="From">First row key, inclusive; null for the partition's first row.</param>
/// <param name="To">Row key to stop before, exclusive; null for the partition's end.</param>
public sealed record RowRange(string PartitionKey, string? From = null, string? To = null)
{
    /// <summary>An additional OData condition on properties, which the service evaluates row by row; null for none.</summary>
    public string? Condition { get; init; }

    /// <summary>The last partition of a run that begins with <see cref="PartitionKey"/>; null for one partition alone.</summary>
    public string? LastPartitionKey { get; init; }

    /// <summary>True if <see cref="From"/> itself is left out.</summary>
    public bool SkipsFrom { get; init; }

    /// <summary>All rows of a partition whose key starts with a prefix.</summary>
    /// <param name="prefix">The prefix; not empty.</param>
    public static RowRange Prefix(string partitionKey, string prefix) => new(partitionKey, prefix, After(prefix));

    /// <summary>The rows of this range after a row key.</summary>
    /// <param name="rowKey">The last key that was seen.</param>
    public RowRange Behind(string rowKey) => this with { From = rowKey, SkipsFrom = true };

    /// <summary>The smallest key that is greater than every key with the prefix.</summary>
    /// <param name="prefix">The prefix; not empty, not ending in U+FFFF.</param>
    public static string After(string prefix) => string.Concat(prefix.AsSpan(0, prefix.Length - 1), [(char)(prefix[^1] + 1)]);

    internal string ToFilter()
    {
        var filter = new StringBuilder().Append(CultureInfo.InvariantCulture, $"PartitionKey {(LastPartitionKey is null ? "eq" : "ge")} '{Quote(PartitionKey)}'");
        if (LastPartitionKey is not null)
            filter.Append(CultureInfo.InvariantCulture, $" and PartitionKey le '{Quote(LastPartitionKey)}'");
        if (From is not null)
            filter.Append(CultureInfo.InvariantCulture, $" and RowKey {(SkipsFrom ? "gt" : "ge")} '{Quote(From)}'");
        if (To is not null)
            filter.Append(CultureInfo.InvariantCulture, $" and RowKey lt '{Quote(To)}'");
        if (Condition is not null)
            filter.Append(CultureInfo.InvariantCulture, $" and ({Condition})");
        return filter.ToString();
    }

    private static string Quote(string text) => text.Replace("'", "''", StringComparison.Ordinal);
}

/// <summary>One response of a query: at most 1,000 rows.</summary>
/// <param name="Rows">The rows, ordered by partition and row key.</param>
/// <param name="ContinuationToken">The token to continue with; null at the end. Opaque.</param>
public sealed record RowPage(IReadOnlyList<Row> Rows, string? ContinuationToken);
