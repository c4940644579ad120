using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Large bodies through host and worker: with a length, which the host buffers, and chunked, which it streams.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class BodyTests(SharedSite shared) : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;
    private const int BadParameter = 40001;
    private readonly SiteClient _client = shared.Site.Client;

    public async ValueTask InitializeAsync() => await _client.ChangeSettingAsync("maxEditSize", "1000000000");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(24, false)]
    [InlineData(24, true)]
    [InlineData(40, false)]
    [InlineData(40, true)]
    public async Task Content_of_many_mebibytes_is_stored(int mebibytes, bool isChunked)
    {
        var uri = $"cloudreve://my/bodies/{mebibytes}-{isChunked}.bin";

        var (status, envelope) = await ContentUpload.PutAsync(_client, uri, (long)mebibytes * Mebibyte, isChunked);

        Assert.Equal((HttpStatusCode.OK, 0), (status, envelope.GetProperty("code").GetInt32()));
        Assert.Equal((long)mebibytes * Mebibyte, envelope.GetProperty("data").GetProperty("size").GetInt64());
        var content = await _client.DownloadAsync(uri);
        Assert.Equal(mebibytes * Mebibyte, content.Length);
        Assert.DoesNotContain(content, b => b != PatternContent.Byte);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Content_beyond_100_MiB_is_refused_in_the_documented_form(bool isChunked)
    {
        var (status, envelope) = await ContentUpload.PutAsync(_client, "cloudreve://my/bodies/large.bin", 101L * Mebibyte, isChunked);

        Assert.Equal((HttpStatusCode.OK, BadParameter), (status, envelope.GetProperty("code").GetInt32()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task JSON_of_5_MiB_is_refused_in_the_documented_form(bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/file/create")
        {
            Content = JsonContent.Create(new { uri = "cloudreve://my/" + new string('x', 5 * Mebibyte), type = "file" }),
        };
        if (!isChunked)
            await request.Content.LoadIntoBufferAsync();
        request.Headers.TransferEncodingChunked = isChunked ? true : null;

        using var answer = await _client.Http.SendAsync(request);

        var envelope = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((HttpStatusCode.OK, BadParameter), (answer.StatusCode, envelope.GetProperty("code").GetInt32()));
    }
}
