using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>Blobs that make listings of large folders cheap. Losing one costs time, never an entry.</summary>
internal sealed class ListingBlobs(StorageLayout layout)
{
    /// <summary>Writes a blob: one transaction, three when the container is missing.</summary>
    public async Task WriteAsync(string name, BinaryData content, IDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        try
        {
            await Container.WriteAsync(name, content, metadata: metadata, cancellationToken: cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            await Container.CreateIfNotExistsAsync(cancellationToken);
            await Container.WriteAsync(name, content, metadata: metadata, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Reads a small blob whole: one transaction; null when it does not exist.</summary>
    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) => Container.ReadAsync(name, cancellationToken);

    /// <summary>Reads a part of a blob, up to its end: one transaction; null when the blob does not exist or ends before.</summary>
    public async Task<(byte[] Bytes, IReadOnlyDictionary<string, string> Metadata)?> ReadPartAsync(
        string name, long offset, long length, CancellationToken cancellationToken)
    {
        try
        {
            var blob = await Container.OpenReadAsync(name, offset, length, null, cancellationToken);
            await using var content = blob.Content;
            var bytes = new byte[blob.Length];
            await content.ReadExactlyAsync(bytes, cancellationToken);
            return (bytes, blob.Metadata);
        }
        catch (StorageNotFoundException)
        {
            return null;
        }
    }

    private BlobContainer Container => layout.Container(layout.SnapshotsContainerName);
}
