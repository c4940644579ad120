using System.Net.Http.Headers;
using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.Files;

/// <summary>Transfers files as the front end does: one chunk after the other, to the addresses that the app returns.</summary>
internal sealed class ProductTransfer(AppProcess app) : IDisposable
{
    /// <summary>The chunk size of the seeded policy.</summary>
    public const long ChunkSize = 26_214_400;

    private readonly ApiClient _api = new(app);
    private readonly HttpClient _storage = new() { Timeout = TimeSpan.FromMinutes(10) };

    public Task SignInAsync() => _api.SignInAsync();

    public async Task UploadAsync(string name, byte[] content)
    {
        var session = await _api.SendAsync(HttpMethod.Put, "file/upload", new { uri = Uri(name), size = content.Length, entity_type = "version" });
        var id = session.GetProperty("session_id").GetString();
        var chunk = (int)session.GetProperty("chunk_size").GetInt64();
        var isDirect = session.TryGetProperty("upload_urls", out var urls);
        for (var (index, offset) = (0, 0); offset < content.Length; index++, offset += chunk)
        {
            using var body = new ByteArrayContent(content, offset, Math.Min(chunk, content.Length - offset));
            body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            if (isDirect)
                await CheckAsync(await _storage.PutAsync(new Uri(urls[index].GetString()!), body));
            else
                await _api.SendAsync(HttpMethod.Post, $"file/upload/{id}/{index}", body);
        }
        if (!isDirect)
            return;
        await CheckAsync(await _storage.PostAsync(new Uri(session.GetProperty("completeURL").GetString()!), null));
        await _api.SendAsync(HttpMethod.Get, $"callback/s3/{id}/{session.GetProperty("callback_secret").GetString()}");
    }

    public async Task DownloadAsync(string name)
    {
        var answer = await _api.SendAsync(HttpMethod.Post, "file/url", new { uris = new[] { Uri(name) } });
        var address = new Uri(answer.GetProperty("urls")[0].GetProperty("url").GetString()!);
        using var download = await _storage.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        download.EnsureSuccessStatusCode();
        await using var content = await download.Content.ReadAsStreamAsync();
        await content.CopyToAsync(Stream.Null);
    }

    public void Dispose()
    {
        _api.Dispose();
        _storage.Dispose();
    }

    private static string Uri(string name) => $"cloudreve://my/{name}";

    private static async Task CheckAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            if (!answer.IsSuccessStatusCode)
                throw new BenchmarkException($"The storage answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
