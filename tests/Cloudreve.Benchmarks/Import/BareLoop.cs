using System.Threading.Channels;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Cloudreve.Benchmarks.Import;

/// <summary>
/// The yardstick: lists the same folders and inserts rows of the same shape in batches of 100 with 4 writers, and nothing else.
/// It checks no name, charges no quota and survives no crash.
/// </summary>
internal sealed class BareLoop(BlobContainerClient container, TableServiceClient tables, string scratchPrefix)
{
    private const int Writers = 4;
    private const int BatchSize = 100;
    private const int IdsPerPartition = 1000;
    private const int PageSize = 5000;

    // Bounded: the lister must not run ahead of the writers without limit.
    private readonly Channel<(TableClient Table, List<TableTransactionAction> Batch)> _batches =
        Channel.CreateBounded<(TableClient, List<TableTransactionAction>)>(2 * Writers);

    private readonly TableClient _idTable = tables.GetTableClient(scratchPrefix + "ids");
    private readonly TableClient _entityTable = tables.GetTableClient(scratchPrefix + "entities");
    private readonly TableClient _fileTable = tables.GetTableClient(scratchPrefix + "files");
    private readonly List<TableTransactionAction> _ids = [];
    private readonly List<TableTransactionAction> _entities = [];
    private long _nextFile;
    private long _nextEntity;

    /// <summary>Creates the scratch tables.</summary>
    public async Task PrepareAsync()
    {
        foreach (var table in (TableClient[])[_idTable, _entityTable, _fileTable])
            await table.CreateIfNotExistsAsync();
    }

    /// <summary>Imports everything below a prefix.</summary>
    /// <returns>The number of files.</returns>
    public async Task<int> RunAsync(string prefix)
    {
        var writers = Enumerable.Range(0, Writers).Select(_ => WriteAsync()).ToArray();
        var files = await ReadAsync(prefix);
        _batches.Writer.Complete();
        await Task.WhenAll(writers);
        return files;
    }

    private async Task WriteAsync()
    {
        await foreach (var (table, batch) in _batches.Reader.ReadAllAsync())
            await table.SubmitTransactionAsync(batch);
    }

    private async Task<int> ReadAsync(string prefix)
    {
        var files = 0;
        var folders = new Queue<(string Prefix, long Id)>([(prefix, 0)]);
        while (folders.TryDequeue(out var folder))
        {
            var rows = new List<TableTransactionAction> { Add(new TableEntity(Key(folder.Id), "!") { ["id"] = folder.Id, ["o"] = 1L }) };
            var options = new GetBlobsByHierarchyOptions { Prefix = folder.Prefix, Delimiter = "/" };
            await foreach (var page in container.GetBlobsByHierarchyAsync(options).AsPages(pageSizeHint: PageSize))
            {
                foreach (var item in page.Values)
                {
                    var id = await NextIdAsync(folder.Id, item.IsBlob ? 0 : 1);
                    if (item.IsBlob)
                    {
                        files++;
                        await AddFileAsync(rows, folder, id, item.Blob);
                    }
                    else
                    {
                        folders.Enqueue((item.Prefix, id));
                        await AddFolderAsync(rows, folder, id, item.Prefix);
                    }
                }
            }
            await FlushAsync(_fileTable, rows);
        }
        await FlushAsync(_idTable, _ids);
        await FlushAsync(_entityTable, _entities);
        return files;
    }

    private async Task AddFileAsync(List<TableTransactionAction> rows, (string Prefix, long Id) folder, long id, BlobItem blob)
    {
        var entity = _nextEntity++;
        var size = blob.Properties.ContentLength ?? 0;
        var now = DateTimeOffset.UtcNow;
        _entities.Add(Add(new TableEntity(Key(entity / IdsPerPartition), Text(entity))
        {
            ["t"] = 0,
            ["s"] = size,
            ["p"] = 1L,
            ["src"] = blob.Name,
            ["r"] = 1,
            ["by"] = 1L,
            ["c"] = now,
            ["imp"] = true,
        }));
        if (_entities.Count == BatchSize)
            await FlushAsync(_entityTable, _entities);
        var name = blob.Name[folder.Prefix.Length..];
        await RoomForAsync(rows, 2);
        foreach (var key in (string[])["n|" + name, "F|" + Text(id)])
        {
            rows.Add(Add(new TableEntity(Key(folder.Id), key)
            {
                ["id"] = id,
                ["o"] = 1L,
                ["t"] = 0,
                ["n"] = name,
                ["s"] = size,
                ["e"] = entity,
                ["c"] = now,
                ["u"] = blob.Properties.LastModified,
            }));
        }
    }

    private async Task AddFolderAsync(List<TableTransactionAction> rows, (string Prefix, long Id) folder, long id, string prefix)
    {
        var now = DateTimeOffset.UtcNow;
        var name = prefix[folder.Prefix.Length..^1];
        await RoomForAsync(rows, 3);
        rows.Add(Add(new TableEntity(Key(folder.Id), "n|" + name) { ["id"] = id, ["t"] = 1 }));
        foreach (var key in (string[])["d|" + name, "D|" + Text(id)])
            rows.Add(Add(new TableEntity(Key(folder.Id), key) { ["id"] = id, ["o"] = 1L, ["t"] = 1, ["n"] = name, ["c"] = now, ["u"] = now }));
    }

    private async Task<long> NextIdAsync(long folderId, int type)
    {
        var id = ++_nextFile;
        _ids.Add(Add(new TableEntity(Key(id / IdsPerPartition), Text(id)) { ["p"] = folderId, ["t"] = type, ["o"] = 1L, ["v"] = 1L }));
        // A batch cannot leave its partition.
        if (_ids.Count == BatchSize || (id + 1) % IdsPerPartition == 0)
            await FlushAsync(_idTable, _ids);
        return id;
    }

    private async Task RoomForAsync(List<TableTransactionAction> rows, int count)
    {
        if (rows.Count + count > BatchSize)
            await FlushAsync(_fileTable, rows);
    }

    private async Task FlushAsync(TableClient table, List<TableTransactionAction> batch)
    {
        if (batch.Count == 0)
            return;
        await _batches.Writer.WriteAsync((table, [.. batch]));
        batch.Clear();
    }

    private static TableTransactionAction Add(TableEntity entity) => new(TableTransactionActionType.Add, entity);

    private static string Key(long id) => $"{id:x16}";

    private static string Text(long id) => $"{id:x14}";
}
