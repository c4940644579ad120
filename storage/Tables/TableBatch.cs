using Azure;
using Azure.Data.Tables;

namespace Cloudreve.AzureStorage.Tables;

/// <summary>
/// An entity group transaction: up to 100 writes to one partition that succeed or fail as a whole.
/// Adding an operation throws when Azure would refuse it.
/// </summary>
/// <param name="partitionKey">The one partition that the batch writes to.</param>
public sealed class TableBatch(string partitionKey)
{
    private readonly List<TableTransactionAction> _actions = [];
    private readonly HashSet<string> _keys = [];
    private int _bytes;

    /// <summary>The partition that the batch writes to.</summary>
    public string PartitionKey { get; } = partitionKey;

    /// <summary>Number of operations in the batch.</summary>
    public int Count => _actions.Count;

    /// <summary>Number of further operations that fit.</summary>
    public int Room => AzureLimits.BatchOperations - Count;

    internal IReadOnlyList<TableTransactionAction> Actions => _actions;

    /// <summary>Adds a row that must not exist yet; otherwise the batch fails with <see cref="StorageExistsException"/>.</summary>
    public TableBatch Insert(Row row) => Add(TableTransactionActionType.Add, row, ETag.All);

    /// <summary>Adds or replaces a row, whether or not it exists.</summary>
    public TableBatch Upsert(Row row) => Add(TableTransactionActionType.UpsertReplace, row, ETag.All);

    /// <summary>Sets the given properties of a row and leaves the others; creates the row when it is missing.</summary>
    /// <param name="row">The row with the properties to set.</param>
    public TableBatch UpsertMerge(Row row) => Add(TableTransactionActionType.UpsertMerge, row, ETag.All);

    /// <summary>Sets the given properties of an existing row and leaves the others.</summary>
    /// <param name="row">The row with the properties to set.</param>
    /// <param name="etag">The version that must still be there, or <c>*</c> for any; a missing row fails the batch.</param>
    public TableBatch Merge(Row row, string etag = "*") => Add(TableTransactionActionType.UpdateMerge, row, new ETag(etag));

    /// <summary>Replaces an existing row.</summary>
    /// <param name="etag">The version that must still be there, or <c>*</c> for any; a missing row fails the batch.</param>
    public TableBatch Replace(Row row, string etag = "*") => Add(TableTransactionActionType.UpdateReplace, row, new ETag(etag));

    /// <summary>Deletes an existing row; a missing one fails the batch with <see cref="StorageNotFoundException"/>.</summary>
    /// <param name="etag">The version that must still be there, or <c>*</c> for any.</param>
    public TableBatch Delete(string rowKey, string etag = "*") =>
        Add(TableTransactionActionType.Delete, new Row(PartitionKey, rowKey), new ETag(etag));

    private TableBatch Add(TableTransactionActionType type, Row row, ETag etag)
    {
        if (row.PartitionKey != PartitionKey)
            throw new StorageException($"A batch of partition {PartitionKey} cannot write to partition {row.PartitionKey}.");
        if (!_keys.Add(row.RowKey))
            throw new StorageException($"A batch cannot write the row {row.RowKey} twice.");
        if (Count == AzureLimits.BatchOperations)
            throw new StorageException($"A batch holds at most {AzureLimits.BatchOperations} operations.");
        _bytes += AzureLimits.Check(row);
        if (_bytes > AzureLimits.BatchBytes)
            throw new StorageException($"A batch takes at most {AzureLimits.BatchBytes} bytes.");
        _actions.Add(new TableTransactionAction(type, row.Entity, etag));
        return this;
    }
}
