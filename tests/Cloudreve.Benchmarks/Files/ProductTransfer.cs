using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cloudreve.Benchmarks.Files;

/// <summary>Transfers files as the front end does: one chunk after the other, to wherever the app says.</summary>
internal sealed class ProductTransfer(AppProcess app) : IDisposable
{
    /// <summary>The chunk size of the seeded policy.</summary>
    public const long ChunkSize = 26_214_400;

    private readonly HttpClient _api = new() { BaseAddress = app.Address, Timeout = TimeSpan.FromMinutes(10) };
    private readonly HttpClient _storage = new() { Timeout = TimeSpan.FromMinutes(10) };

    public async Task SignInAsync()
    {
        var answer = await SendAsync(HttpMethod.Post, "session/token", new { email = AppProcess.AdminEmail, password = AppProcess.AdminPassword });
        _api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", answer.GetProperty("token").GetProperty("access_token").GetString());
    }

    public async Task UploadAsync(string name, byte[] content)
    {
        var session = await SendAsync(HttpMethod.Put, "file/upload", new { uri = Uri(name), size = content.Length, entity_type = "version" });
        var chunk = (int)session.GetProperty("chunk_size").GetInt64();
        var isDirect = session.TryGetProperty("upload_urls", out var urls);
        for (var (index, offset) = (0, 0); offset < content.Length; index++, offset += chunk)
        {
            var body = new ByteArrayContent(content, offset, Math.Min(chunk, content.Length - offset));
            body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            if (isDirect)
                await CheckAsync(await _storage.PutAsync(new Uri(urls[index].GetString()!), body));
            else
                await ReadAsync(await _api.PostAsync(new Uri($"/api/v4/file/upload/{session.GetProperty("session_id").GetString()}/{index}", UriKind.Relative), body));
        }
        if (!isDirect)
            return;
        await CheckAsync(await _storage.PostAsync(new Uri(session.GetProperty("completeURL").GetString()!), null));
        var callback = $"callback/s3/{session.GetProperty("session_id").GetString()}/{session.GetProperty("callback_secret").GetString()}";
        await SendAsync(HttpMethod.Get, callback, null);
    }

    public async Task DownloadAsync(string name)
    {
        var answer = await SendAsync(HttpMethod.Post, "file/url", new { uris = new[] { Uri(name) } });
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

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, "/api/v4/" + path) { Content = body is null ? null : JsonContent.Create(body) };
        return await ReadAsync(await _api.SendAsync(request));
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var root = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (root.GetProperty("code").GetInt32() != 0)
                throw new BenchmarkException($"The app answered {root}.");
            return root.TryGetProperty("data", out var data) ? data : default;
        }
    }

    private static async Task CheckAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            if (!answer.IsSuccessStatusCode)
                throw new BenchmarkException($"The storage answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
