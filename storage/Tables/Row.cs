using Azure.Data.Tables;

namespace Cloudreve.AzureStorage.Tables;

/// <summary>
/// One row of a table: two keys, an ETag and named properties of type string, bool, int, long, double,
/// <see cref="DateTimeOffset"/>, <see cref="Guid"/> or byte array. Setting a property to null leaves it out of an insert or replace.
/// </summary>
public sealed class Row
{
    private readonly TableEntity _entity;

    /// <summary>Creates a row that is not stored yet.</summary>
    /// <param name="partitionKey">Partition; see <see cref="AzureLimits"/> for the characters that keys may hold.</param>
    /// <param name="rowKey">Key within the partition.</param>
    public Row(string partitionKey, string rowKey) => _entity = new TableEntity(partitionKey, rowKey);

    internal Row(TableEntity entity) => _entity = entity;

    /// <summary>The partition key.</summary>
    public string PartitionKey => _entity.PartitionKey;

    /// <summary>The row key.</summary>
    public string RowKey => _entity.RowKey;

    /// <summary>The version of a row that was read; empty for one that was not.</summary>
    public string ETag => _entity.ETag.ToString();

    /// <summary>The time the service last wrote the row; null for a row that was not read.</summary>
    public DateTimeOffset? Timestamp => _entity.Timestamp;

    /// <summary>A property; null when it is absent.</summary>
    /// <param name="name">The property's name.</param>
    public object? this[string name]
    {
        get => _entity.TryGetValue(name, out var value) ? value : null;
        set
        {
            if (value is null)
                _entity.Remove(name);
            else
                _entity[name] = value;
        }
    }

    /// <summary>Names of all properties except keys, ETag and timestamp.</summary>
    public IEnumerable<string> Names => _entity.Keys.Where(k => k is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag"));

    /// <summary>A string property, or null.</summary>
    /// <param name="name">The property's name.</param>
    public string? Text(string name) => _entity.GetString(name);

    /// <summary>A string property that the row must have.</summary>
    /// <param name="name">The property's name.</param>
    /// <exception cref="StorageException">The row lacks it.</exception>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>An integer property of either width, or null.</summary>
    /// <param name="name">The property's name.</param>
    public long? Number(string name) => this[name] switch { long l => l, int i => i, _ => null };

    /// <summary>An integer property that the row must have.</summary>
    /// <param name="name">The property's name.</param>
    /// <exception cref="StorageException">The row lacks it.</exception>
    public long RequiredNumber(string name) => Number(name) ?? throw Missing(name);

    /// <summary>A boolean property; false when absent.</summary>
    /// <param name="name">The property's name.</param>
    public bool Flag(string name) => this[name] is true;

    /// <summary>A time property, or null.</summary>
    /// <param name="name">The property's name.</param>
    public DateTimeOffset? Time(string name) => this[name] switch
    {
        DateTimeOffset time => time,
        DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        _ => null,
    };

    /// <summary>A binary property, or null.</summary>
    /// <param name="name">The property's name.</param>
    public byte[]? Bytes(string name) => _entity.GetBinary(name);

    /// <summary>Copies the properties of this row under other keys.</summary>
    /// <param name="partitionKey">The copy's partition.</param>
    /// <param name="rowKey">The copy's row key.</param>
    public Row CopyTo(string partitionKey, string rowKey)
    {
        var copy = new Row(partitionKey, rowKey);
        foreach (var name in Names)
            copy[name] = this[name];
        return copy;
    }

    internal TableEntity Entity => _entity;


    private StorageException Missing(string name) => new($"The row {RowKey} has no property {name}.");
}
