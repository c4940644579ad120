using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>Sends what Event Grid sends to a webhook, in its own schema.</summary>
internal sealed class BlobEvents(Site site) : IDisposable
{
    public const string Key = "the-key-of-the-blob-extension";

    private const string Topic = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/devstoreaccount1";
    private readonly HttpClient _client = new() { BaseAddress = site.Address };

    /// <summary>Notifies the site that a blob of its container was written.</summary>
    public Task<HttpResponseMessage> AnnounceAsync(string blobName, long length, string? query = null)
    {
        var account = site.Storage.Container(site.Layout.FilesContainerName);
        return SendAsync("Notification", query, new
        {
            topic = Topic,
            subject = $"/blobServices/default/containers/{account.Name}/blobs/{blobName}",
            eventType = "Microsoft.Storage.BlobCreated",
            id = Guid.NewGuid(),
            data = new
            {
                api = "PutBlob",
                clientRequestId = Guid.NewGuid(),
                requestId = Guid.NewGuid(),
                eTag = "0x8D9",
                contentType = "application/octet-stream",
                contentLength = length,
                blobType = "BlockBlob",
                accessTier = "Default",
                url = $"http://127.0.0.1/devstoreaccount1/{account.Name}/{Uri.EscapeDataString(blobName)}",
                sequencer = "00000000000000000000000000002A2B000000000000c5f5",
                storageDiagnostics = new { batchId = Guid.NewGuid() },
            },
            dataVersion = "",
            metadataVersion = "1",
            eventTime = TimeProvider.System.GetUtcNow(),
        });
    }

    /// <summary>Asks the webhook to prove that it wants the events, as a new subscription does.</summary>
    public Task<HttpResponseMessage> ValidateAsync(string validationCode) => SendAsync("SubscriptionValidation", null, new
    {
        id = Guid.NewGuid(),
        topic = Topic,
        subject = "",
        data = new { validationCode, validationUrl = "https://rp-westeurope.eventgrid.azure.net/eventsubscriptions/files/validate?id=1" },
        eventType = "Microsoft.EventGrid.SubscriptionValidationEvent",
        eventTime = TimeProvider.System.GetUtcNow(),
        metadataVersion = "1",
        dataVersion = "2",
    });

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string type, string? query, object body)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, "/runtime/webhooks/blobs?" + (query ?? $"functionName=Host.Functions.ImportArrivedBlob&code={Key}"))
        {
            Content = JsonContent.Create(new[] { body }, options: JsonSerializerOptions.Default),
        };
        request.Headers.Add("aeg-event-type", type);
        request.Headers.Add("aeg-subscription-name", "FILES");
        request.Headers.Add("aeg-delivery-count", "0");
        request.Headers.Add("aeg-data-version", "");
        request.Headers.Add("aeg-metadata-version", "1");
        return await _client.SendAsync(request);
    }
}
