using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Testing.Storage;

/// <summary>
/// All rows and committed blobs of a site at one moment. Setting a site back costs a fraction of preparing another one, and the
/// emulator, which searches through all its tables at every request, keeps few of them. ETags and times of what is written again are
/// other ones; blocks that were staged and not committed are not part of it.
/// </summary>
public sealed class StorageSnapshot
{
    private readonly List<(Table Table, Dictionary<(string Partition, string Key), Row> Rows)> _tables = [];
    private readonly List<(BlobContainer Container, Dictionary<string, (BlobItem Item, byte[] Content)> Blobs)> _containers = [];

    private StorageSnapshot()
    {
    }

    /// <summary>Reads everything. Nobody may write meanwhile.</summary>
    /// <param name="tables">The site's tables.</param>
    /// <param name="containers">The site's containers; one that does not exist counts as empty.</param>
    public static async Task<StorageSnapshot> TakeAsync(IEnumerable<Table> tables, IEnumerable<BlobContainer> containers)
    {
        var snapshot = new StorageSnapshot();
        foreach (var table in tables)
            snapshot._tables.Add((table, await ReadAsync(table)));
        foreach (var container in containers)
        {
            var blobs = new Dictionary<string, (BlobItem, byte[])>(StringComparer.Ordinal);
            foreach (var item in await ListAsync(container))
                blobs.Add(item.Name, (item, await container.ReadAsync(item.Name) ?? []));
            snapshot._containers.Add((container, blobs));
        }
        return snapshot;
    }

    /// <summary>Restores the site: writes what was changed or deleted, deletes what came. Nobody may write meanwhile.</summary>
    public Task RestoreAsync() => Task.WhenAll([
        .. _tables.Select(t => RestoreAsync(t.Table, t.Rows)),
        .. _containers.Select(c => RestoreAsync(c.Container, c.Blobs)),
    ]);

    private static async Task RestoreAsync(Table table, Dictionary<(string Partition, string Key), Row> wanted)
    {
        var found = await ReadAsync(table);
        var writes = wanted.Where(w => !found.TryGetValue(w.Key, out var row) || !HasSameContent(row, w.Value))
            .Select(w => (w.Key, Row: (Row?)w.Value));
        var deletions = found.Keys.Where(key => !wanted.ContainsKey(key)).Select(key => (Key: key, Row: (Row?)null));
        foreach (var partition in writes.Concat(deletions).GroupBy(change => change.Key.Partition))
        {
            foreach (var changes in partition.Chunk(AzureLimits.BatchOperations))
            {
                var batch = new TableBatch(partition.Key);
                foreach (var (key, row) in changes)
                    _ = row is null ? batch.Delete(key.Key) : batch.Upsert(row.CopyTo(key.Partition, key.Key));
                await table.SubmitAsync(batch);
            }
        }
    }

    private static async Task RestoreAsync(BlobContainer container, Dictionary<string, (BlobItem Item, byte[] Content)> wanted)
    {
        var found = (await ListAsync(container)).ToDictionary(item => item.Name, StringComparer.Ordinal);
        foreach (var name in found.Keys.Where(name => !wanted.ContainsKey(name)))
            await container.DeleteAsync(name);
        foreach (var (name, blob) in wanted.Where(w => found.GetValueOrDefault(w.Key)?.ETag != w.Value.Item.ETag).ToList())
        {
            var etag = await container.WriteAsync(name, BinaryData.FromBytes(blob.Content));
            wanted[name] = (blob.Item with { ETag = etag }, blob.Content);
        }
    }

    private static async Task<Dictionary<(string Partition, string Key), Row>> ReadAsync(Table table)
    {
        var rows = new Dictionary<(string, string), Row>();
        await foreach (var row in table.ScanAsync())
            rows.Add((row.PartitionKey, row.RowKey), row);
        return rows;
    }

    private static async Task<List<BlobItem>> ListAsync(BlobContainer container)
    {
        var items = new List<BlobItem>();
        string? token = null;
        do
        {
            try
            {
                var page = await container.ListPageAsync("", null, continuationToken: token);
                items.AddRange(page.Blobs);
                token = page.ContinuationToken;
            }
            catch (StorageNotFoundException)
            {
                return [];
            }
        }
        while (token is not null);
        return items;
    }

    private static bool HasSameContent(Row row, Row other) =>
        row.Names.Count() == other.Names.Count() && row.Names.All(name => IsSame(row[name], other[name]));

    private static bool IsSame(object? value, object? other) =>
        value is byte[] bytes ? other is byte[] others && bytes.AsSpan().SequenceEqual(others) : Equals(value, other);
}
