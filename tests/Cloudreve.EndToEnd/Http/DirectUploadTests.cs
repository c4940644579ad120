using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

[Collection(SharedSiteCollection.Name)]
public sealed class DirectUploadTests(SharedSite shared)
{
    private readonly SiteClient _client = shared.Site.Client;

    [Fact]
    public async Task A_file_goes_to_Blob_storage_directly_and_is_completed_and_confirmed_as_the_front_end_does()
    {
        const string Uri = "cloudreve://my/direct/photo.raw";
        var content = RandomNumberGenerator.GetBytes(60_000_000);
        var session = await _client.SendAsync(HttpMethod.Put, "file/upload", JsonContent.Create(new
        {
            uri = Uri,
            size = content.Length,
            policy_id = "any",
            last_modified = 1_749_524_701_494,
            mime_type = "image/x-raw",
        }));
        using var browser = new HttpClient();

        var chunkSize = session.GetProperty("chunk_size").GetInt32();
        var chunks = content.Chunk(chunkSize == 0 ? content.Length : chunkSize).ToList();
        var addresses = session.GetProperty("upload_urls").EnumerateArray().Select(address => new Uri(address.GetString()!)).ToList();
        Assert.Equal(chunks.Count, addresses.Count);
        foreach (var (chunk, address) in chunks.Zip(addresses))
        {
            Assert.NotEqual(shared.Site.Address.Port, address.Port);
            using var stored = await browser.PutAsync(address, new ByteArrayContent(chunk));
            Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        }
        using var completed = await browser.PostAsync(
            new Uri(session.GetProperty("completeURL").GetString()!), new StringContent("<CompleteMultipartUpload></CompleteMultipartUpload>"));
        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        var id = session.GetProperty("session_id").GetString();
        var confirmed = await _client.GetAsync($"callback/s3/{id}/{session.GetProperty("callback_secret").GetString()}");

        Assert.NotEqual(JsonValueKind.Object, confirmed.ValueKind);
        Assert.Equal(["photo.raw"], await _client.ListNamesAsync("cloudreve://my/direct"));
        Assert.Equal(content, await _client.DownloadAsync(Uri));
    }
}
