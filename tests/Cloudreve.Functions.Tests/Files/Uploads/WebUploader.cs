using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>
/// Sends what the official front end sends, request by request: its uploader of type s3 and the one of type local. The state that
/// it keeps in the browser to resume an upload is in <see cref="Session"/> and <see cref="Done"/>.
/// </summary>
internal sealed class WebUploader(HttpClient api, string uri, byte[] content)
{
    private static readonly HttpClient Provider = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public JsonElement Session { get; private set; }

    public HashSet<int> Done { get; init; } = [];

    public byte[] Content { get; set; } = content;

    public string Id => Session.GetProperty("session_id").GetString()!;

    public long ChunkSize => Session.GetProperty("chunk_size").GetInt64();

    public string Type => Session.GetProperty("storage_policy").GetProperty("type").GetString()!;

    public string CompleteUrl => Session.GetProperty("completeURL").GetString()!;

    public IReadOnlyList<string> Urls => [.. Session.GetProperty("upload_urls").EnumerateArray().Select(u => u.GetString()!)];

    /// <summary>The file as the browser slices it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Chunks
    {
        get
        {
            var size = ChunkSize == 0 || ChunkSize > Content.Length ? Content.Length : (int)ChunkSize;
            return Content.Length == 0 ? [default] : [.. Content.Chunk(size).Select(c => new ReadOnlyMemory<byte>(c))];
        }
    }

    public async Task<ApiAnswer> BeginAsync(string? entityType = null, object? extra = null)
    {
        var body = new Dictionary<string, object?>
        {
            ["uri"] = uri,
            ["size"] = Content.Length,
            ["policy_id"] = "irrelevant",
            ["last_modified"] = 1_749_524_701_494,
            ["mime_type"] = "application/zip",
        };
        if (entityType is not null)
            body["entity_type"] = entityType;
        foreach (var property in extra?.GetType().GetProperties() ?? [])
            body[property.Name] = property.GetValue(extra);
        var answer = await api.SendApiAsync(HttpMethod.Put, "file/upload", body);
        if (answer.Code == 0)
            Session = answer.Data;
        return answer;
    }

    public async Task<WebUploader> RunAsync(string? entityType = null)
    {
        Assert.Equal(0, (await BeginAsync(entityType)).Code);
        await SendChunksAsync();
        await FinishAsync();
        return this;
    }

    public async Task SendChunksAsync()
    {
        for (var i = 0; i < Chunks.Count; i++)
        {
            if (!Done.Contains(i))
                await SendChunkAsync(i);
        }
    }

    public async Task SendChunkAsync(int index)
    {
        if (Type == "local")
        {
            Assert.Equal(0, (await PostChunkAsync(index, Chunks[index].ToArray())).Code);
        }
        else
        {
            using var answer = await PutAsync(Urls[index], Chunks[index].ToArray());
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
        Done.Add(index);
    }

    public static Task<HttpResponseMessage> PutAsync(string url, byte[] content) => Provider.PutAsync(new Uri(url), Octets(content));

    public async Task<ApiAnswer> PostChunkAsync(int index, byte[] content, string? id = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v4/file/upload/{id ?? Id}/{index}") { Content = Octets(content) };
        // The contract demands a body, but that of an empty file is empty.
        request.Options.Set(ContractHandler.Undocumented, content.Length == 0);
        using var answer = await api.SendAsync(request);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new ApiAnswer(body.RootElement.Clone());
    }

    public async Task FinishAsync()
    {
        if (Type == "local")
            return;
        using var completed = await CompleteAsync();
        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        using var confirmed = await ConfirmAsync();
        Assert.Equal(HttpStatusCode.OK, confirmed.StatusCode);
    }

    public Task<HttpResponseMessage> CompleteAsync(string? url = null)
    {
        var parts = new StringBuilder("<CompleteMultipartUpload>");
        for (var i = 0; i < Chunks.Count; i++)
            parts.Append($"<Part><PartNumber>{i + 1}</PartNumber><ETag>undefined</ETag></Part>");
        return Provider.PostAsync(new Uri(url ?? CompleteUrl), Octets(Encoding.UTF8.GetBytes(parts.Append("</CompleteMultipartUpload>").ToString())));
    }

    public Task<HttpResponseMessage> ConfirmAsync(string? secret = null) =>
        api.GetAsync($"/api/v4/callback/s3/{Id}/{secret ?? Session.GetProperty("callback_secret").GetString()}");

    public Task<ApiAnswer> CancelAsync() =>
        api.SendApiAsync(HttpMethod.Delete, "file/upload", new { id = Id, uri = Session.GetProperty("uri").GetString() });

    private static ByteArrayContent Octets(byte[] content)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return body;
    }
}
