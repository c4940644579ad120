using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Cloudreve.Benchmarks.Files;

/// <summary>The SDK's own cost of a transfer with nothing else to do: block by block, one after the other, as the front end sends chunks.</summary>
internal sealed class BareTransfer(string connectionString, string container, int blockSize)
{
    private readonly BlobContainerClient _container = new(connectionString, container);

    public Task PrepareAsync() => _container.CreateIfNotExistsAsync();

    public async Task UploadAsync(string name, byte[] content)
    {
        var blob = _container.GetBlockBlobClient(name);
        var blocks = new List<string>();
        for (var offset = 0; offset < content.Length; offset += blockSize)
        {
            blocks.Add(Convert.ToBase64String(BitConverter.GetBytes((long)offset)));
            using var block = new MemoryStream(content, offset, Math.Min(blockSize, content.Length - offset), writable: false);
            await blob.StageBlockAsync(blocks[^1], block);
        }
        await blob.CommitBlockListAsync(blocks);
    }

    public async Task DownloadAsync(string name)
    {
        var answer = await _container.GetBlobClient(name).DownloadStreamingAsync();
        await using var content = answer.Value.Content;
        await content.CopyToAsync(Stream.Null);
    }
}
