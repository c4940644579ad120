using Cloudreve.Functions.Triggers;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class BlobEventTests
{
    private const string EventGridEvent =
        """
        {
          "topic": "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acc",
          "subject": "/blobServices/default/containers/cloudreve-files/blobs/imports/1/a b/blobs/ü#.txt",
          "eventType": "Microsoft.Storage.BlobCreated",
          "id": "831e1650-001e-001b-66ab-eeb76e069631",
          "data": {
            "api": "PutBlockList", "clientRequestId": "6d79dbfb", "requestId": "831e1650", "eTag": "0x8D4BCC2E4835CD0",
            "contentType": "text/plain", "contentLength": 524288, "blobType": "BlockBlob",
            "url": "https://acc.blob.core.windows.net/cloudreve-files/imports/1/a%20b/blobs/%C3%BC%23.txt",
            "sequencer": "00000000000004420000000000028963", "storageDiagnostics": { "batchId": "b68529f3" }
          },
          "dataVersion": "", "metadataVersion": "1", "eventTime": "2026-01-02T03:04:05.1234567Z"
        }
        """;

    [Fact]
    public void Given_an_event_of_event_grid_when_it_is_read_then_container_and_name_are_known()
    {
        Assert.Equal(new BlobEvent("cloudreve-files", "imports/1/a b/blobs/ü#.txt"), BlobEvent.Parse(EventGridEvent));
    }

    [Fact]
    public void Given_a_cloud_event_when_it_is_read_then_container_and_name_are_known()
    {
        const string json = """{"specversion":"1.0","type":"Microsoft.Storage.BlobCreated","subject":"/blobServices/default/containers/c/blobs/a"}""";

        Assert.Equal(new BlobEvent("c", "a"), BlobEvent.Parse(json));
    }

    [Fact]
    public void Given_an_event_of_another_kind_when_it_is_read_then_there_is_no_blob()
    {
        Assert.Null(BlobEvent.Parse(EventGridEvent.Replace("BlobCreated", "BlobDeleted", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("null")]
    [InlineData("""{"eventType":"Microsoft.Storage.BlobCreated"}""")]
    [InlineData("""{"eventType":"Microsoft.Storage.BlobCreated","subject":"/blobServices/default/containers/c"}""")]
    public void Given_a_broken_event_when_it_is_read_then_it_is_refused(string json)
    {
        Assert.Throws<FormatException>(() => BlobEvent.Parse(json));
    }
}
