using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>
/// Which versions of a container's blobs were announced: all that were written before a horizon, and those behind it one by one.
/// Kept in a table, so that it survives the process; only the few behind the horizon are in memory.
/// </summary>
internal sealed class AnnouncedBlobs
{
    private const string HorizonKey = "!";
    private const string TimeProperty = "Time";
    private const string ETagProperty = "Version";
    private readonly Table _table;
    private readonly string _partition;
    private readonly Dictionary<string, Mark> _marks = [];
    private DateTimeOffset _horizon = DateTimeOffset.MinValue;

    private AnnouncedBlobs(Table table, string containerName) => (_table, _partition) = (table, "lister-" + containerName);

    private sealed record Mark(string ETag, DateTimeOffset LastModified);

    /// <summary>Reads what was announced so far.</summary>
    /// <param name="table">Where it is kept.</param>
    /// <param name="containerName">The container.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<AnnouncedBlobs> LoadAsync(Table table, string containerName, CancellationToken cancellationToken)
    {
        var announced = new AnnouncedBlobs(table, containerName);
        await foreach (var row in table.QueryAsync(new RowRange(announced._partition), cancellationToken))
        {
            var time = row.Time(TimeProperty) ?? DateTimeOffset.MinValue;
            if (row.RowKey == HorizonKey)
                announced._horizon = time;
            else
                announced._marks[row.RowKey] = new Mark(row.RequiredText(ETagProperty), time);
        }
        return announced;
    }

    /// <summary>Whether this version of a blob has been announced.</summary>
    /// <param name="blob">The blob as listed.</param>
    public bool Contains(BlobItem blob) =>
        blob.LastModified < _horizon || (_marks.TryGetValue(KeyOf(blob), out var mark) && mark.ETag == blob.ETag);

    /// <summary>Records that blobs were announced. One transaction for each hundred.</summary>
    /// <param name="blobs">Blobs of distinct names.</param>
    /// <param name="cancellationToken">Cancels the recording.</param>
    public async Task AddAsync(IEnumerable<BlobItem> blobs, CancellationToken cancellationToken)
    {
        foreach (var chunk in blobs.Chunk(AzureLimits.BatchOperations))
        {
            var batch = new TableBatch(_partition);
            foreach (var blob in chunk)
                batch.Upsert(new Row(_partition, KeyOf(blob)) { [ETagProperty] = blob.ETag, [TimeProperty] = blob.LastModified });
            await _table.SubmitAsync(batch, cancellationToken);
            foreach (var blob in chunk)
                _marks[KeyOf(blob)] = new Mark(blob.ETag, blob.LastModified);
        }
    }

    /// <summary>Declares everything that was written before a time announced, and forgets the single records of it.</summary>
    /// <param name="horizon">The time; an earlier one than before changes nothing.</param>
    /// <param name="cancellationToken">Cancels the recording.</param>
    public async Task AdvanceAsync(DateTimeOffset horizon, CancellationToken cancellationToken)
    {
        if (horizon <= _horizon)
            return;
        await _table.UpsertAsync(new Row(_partition, HorizonKey) { [TimeProperty] = horizon }, cancellationToken);
        _horizon = horizon;
        string[] old = [.. _marks.Where(mark => mark.Value.LastModified < horizon).Select(mark => mark.Key)];
        foreach (var chunk in old.Chunk(AzureLimits.BatchOperations))
        {
            var batch = new TableBatch(_partition);
            foreach (var key in chunk)
                batch.Delete(key);
            await _table.SubmitAsync(batch, cancellationToken);
            foreach (var key in chunk)
                _marks.Remove(key);
        }
    }

    /// <summary>Blob names may be longer than row keys, and hold what those may not.</summary>
    private static string KeyOf(BlobItem blob) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(blob.Name)));
}
