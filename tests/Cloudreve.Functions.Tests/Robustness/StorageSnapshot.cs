using System.Collections.Concurrent;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>All rows and blobs of a site at one moment. Leased ids are left out: an id that is never used does no harm.</summary>
internal sealed class StorageSnapshot
{
    private readonly ConcurrentDictionary<string, string> _versions = [];

    /// <summary>Reads a site.</summary>
    /// <param name="layout">The site's names.</param>
    public static async Task<StorageSnapshot> TakeAsync(StorageLayout layout)
    {
        var snapshot = new StorageSnapshot();
        await Parallel.ForEachAsync(layout.AllTables.Where(table => table.Name != layout.IdLeases.Name), async (table, cancellationToken) =>
        {
            await foreach (var row in table.ScanAsync(cancellationToken: cancellationToken))
                snapshot._versions[$"{table.Name} {row.PartitionKey} {row.RowKey}"] = row.ETag;
        });
        var container = layout.Container(layout.FilesContainerName);
        string? next = null;
        do
        {
            var page = await container.ListPageAsync("", delimiter: null, continuationToken: next);
            foreach (var blob in page.Blobs)
                snapshot._versions[$"blob {blob.Name}"] = blob.ETag;
            next = page.ContinuationToken;
        }
        while (next is not null);
        return snapshot;
    }

    /// <summary>Checks whether a row or blob existed.</summary>
    /// <param name="name">As <see cref="ChangesTo"/> names it.</param>
    public bool Holds(string name) => _versions.ContainsKey(name);

    /// <summary>The rows and blobs that were created, changed or removed until a later moment.</summary>
    /// <param name="later">The other moment.</param>
    public IReadOnlyList<string> ChangesTo(StorageSnapshot later) =>
        [.. _versions.Keys.Union(later._versions.Keys).Where(key => _versions.GetValueOrDefault(key) != later._versions.GetValueOrDefault(key))];
}
