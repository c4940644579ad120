using Azure.Storage.Blobs;

namespace Cloudreve.LocalHost.TestApp;

/// <summary>Reports to the tests what ran, as blobs.</summary>
public sealed class Journal(string connectionString)
{
    /// <summary>The container with one blob for each entry.</summary>
    public const string Container = "journal";

    /// <summary>Writes an entry.</summary>
    public async Task WriteAsync(string name, string? text, CancellationToken cancellationToken)
    {
        var container = new BlobContainerClient(connectionString, Container);
        await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await container.GetBlobClient(name).UploadAsync(BinaryData.FromString(text ?? ""), overwrite: true, cancellationToken);
    }
}
