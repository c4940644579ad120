using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.LocalHost.TestApp;

public sealed class BlobFunctions(Journal journal)
{
    [Function("TakeScannedBlob")]
    public async Task TakeScannedBlob([BlobTrigger("scanned/in/{path}")] BlobClient blob, string path, CancellationToken cancellationToken)
    {
        var size = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ContentLength;
        await journal.WriteAsync($"scanned-{path}", $"{blob.Name} {size}", cancellationToken);
    }

    [Function("TakeEventBlob")]
    public async Task TakeEventBlob(
        [BlobTrigger("events/in/{path}", Source = BlobTriggerSource.EventGrid)] BlobClient blob, string path, CancellationToken cancellationToken)
    {
        var size = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value.ContentLength;
        await journal.WriteAsync($"event-{path}", $"{blob.Name} {size}", cancellationToken);
    }
}
