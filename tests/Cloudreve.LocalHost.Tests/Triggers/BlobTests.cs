using System.Net;
using System.Net.Http.Json;
using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Triggers;

[Collection(RunningHostCollection.Name)]
public sealed class BlobTests(RunningHost running)
{
    private const string Webhook = "/runtime/webhooks/blobs?functionName=Host.Functions.TakeEventBlob";

    [Fact]
    public async Task A_blob_found_by_the_scan_runs_its_function()
    {
        await UploadAsync("scanned", "in/a b.txt", "12345");
        Assert.Equal("in/a b.txt 5", await running.Storage.AwaitEntryAsync("scanned-a b.txt"));
    }

    [Fact]
    public async Task A_blob_whose_name_no_listing_can_contain_does_not_keep_others_from_being_found()
    {
        await UploadAsync("scanned", "in/bad\u0001name.txt", "1");
        await UploadAsync("scanned", "in/behind it.txt", "12");

        Assert.Equal("in/behind it.txt 2", await running.Storage.AwaitEntryAsync("scanned-behind it.txt"));
    }

    [Fact]
    public async Task An_event_of_Event_Grid_runs_its_function()
    {
        await UploadAsync("events", "in/b.txt", "123");
        using var answer = await PostAsync($"{Webhook}&code=the-key", "Notification", BlobCreated("events", "in/b.txt"));
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal("in/b.txt 3", await running.Storage.AwaitEntryAsync("event-b.txt"));
    }

    [Fact]
    public async Task The_handshake_of_Event_Grid_is_answered()
    {
        var validation = new
        {
            id = "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66",
            topic = "/subscriptions/x",
            subject = "",
            eventType = "Microsoft.EventGrid.SubscriptionValidationEvent",
            data = new { validationCode = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6" },
            eventTime = "2026-01-25T22:12:19.4556811Z",
            metadataVersion = "1",
            dataVersion = "1",
        };
        using var answer = await PostAsync($"{Webhook}&code=the-key", "SubscriptionValidation", validation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("512d38b6-c7b8-40c8-89fe-f46f9e9622b6", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"{Webhook}&code=wrong", HttpStatusCode.Unauthorized)]
    [InlineData(Webhook, HttpStatusCode.Unauthorized)]
    [InlineData("/runtime/webhooks/durabletask/instances", HttpStatusCode.Unauthorized)]
    [InlineData("/runtime/webhooks/durabletask/instances?code=the-key", HttpStatusCode.NotFound)]
    [InlineData("/runtime/webhooks/durabletask/orchestrators/CountDown?code=the-key", HttpStatusCode.NotFound)]
    public async Task No_other_caller_and_no_other_extension_gets_in(string path, HttpStatusCode expected)
    {
        using var answer = await PostAsync(path, "Notification", BlobCreated("events", "in/c.txt"));
        Assert.Equal(expected, answer.StatusCode);
    }

    private static object BlobCreated(string container, string name) => new
    {
        topic = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/devstoreaccount1",
        subject = $"/blobServices/default/containers/{container}/blobs/{name}",
        eventType = "Microsoft.Storage.BlobCreated",
        id = Guid.NewGuid().ToString(),
        data = new
        {
            api = "PutBlob",
            contentType = "text/plain",
            contentLength = 3,
            blobType = "BlockBlob",
            url = $"https://devstoreaccount1.blob.core.windows.net/{container}/{name}",
            sequencer = "0",
        },
        dataVersion = "",
        metadataVersion = "1",
        eventTime = "2026-01-25T22:12:19.4556811Z",
    };

    private async Task<HttpResponseMessage> PostAsync(string path, string kind, object @event)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(new[] { @event }) };
        request.Headers.Add("aeg-event-type", kind);
        return await running.Client.SendAsync(request);
    }

    private async Task UploadAsync(string container, string name, string content)
    {
        var client = running.Storage.Blobs.GetBlobContainerClient(container);
        await client.CreateIfNotExistsAsync();
        await client.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true);
    }
}
