using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Cloudreve.LocalHost.TestApp;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.LocalHost.Tests.Processes;

/// <summary>An emulator, and what the test app wrote there.</summary>
public sealed class StorageFixture : IDisposable
{
    private readonly AzuriteServer _azurite = new();

    public string ConnectionString => _azurite.ConnectionString;

    public BlobServiceClient Blobs => new(ConnectionString);

    /// <summary>Waits for an entry of the journal.</summary>
    public async Task<string> AwaitEntryAsync(string name, int seconds = 120)
    {
        var blob = Blobs.GetBlobContainerClient(Journal.Container).GetBlobClient(name);
        await Until.TrueAsync(async () => await blob.ExistsAsync(), $"journal entry {name}", seconds);
        return (await blob.DownloadContentAsync()).Value.Content.ToString();
    }

    /// <summary>Lists the journal.</summary>
    public async Task<IReadOnlyList<string>> ListEntriesAsync(string prefix)
    {
        var container = Blobs.GetBlobContainerClient(Journal.Container);
        await container.CreateIfNotExistsAsync();
        var names = new List<string>();
        await foreach (var blob in container.GetBlobsAsync(Azure.Storage.Blobs.Models.BlobTraits.None, Azure.Storage.Blobs.Models.BlobStates.None, prefix, default))
            names.Add(blob.Name);
        return names;
    }

    /// <summary>Opens a queue as the host's extension expects it.</summary>
    public async Task<QueueClient> QueueAsync(string name)
    {
        var queue = new QueueClient(ConnectionString, name, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateIfNotExistsAsync();
        return queue;
    }

    public void Dispose() => _azurite.Dispose();
}
