using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Testing.Contract;

namespace Cloudreve.EndToEnd.Sites;

/// <summary>The site as its administrator's client sees it. Every documented exchange is checked against the contract.</summary>
internal sealed class SiteClient : IDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "correct horse battery";

    public SiteClient(Uri address) =>
        Http = new HttpClient(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = address };

    public HttpClient Http { get; }

    /// <summary>The signed-in user's encoded id.</summary>
    public string UserId { get; private set; } = "";

    public async Task SignInAsync()
    {
        var data = await PostAsync("session/token", new { email = AdminEmail, password = AdminPassword });
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", data.GetProperty("token").GetProperty("access_token").GetString());
        UserId = data.GetProperty("user").GetProperty("id").GetString()!;
    }

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<JsonElement> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, JsonContent.Create(body));

    /// <summary>Sends a request with fields that the contract does not know, and expects success.</summary>
    /// <returns>The payload.</returns>
    public async Task<JsonElement> PostUndocumentedAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/" + path) { Content = JsonContent.Create(body) };
        request.Options.Set(ContractHandler.Undocumented, true);
        using var answer = await Http.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
    }

    /// <summary>Sends a request of the API and expects success.</summary>
    /// <returns>The payload.</returns>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        var envelope = await ExchangeAsync(method, path, content);
        return envelope.GetProperty("code").GetInt32() == 0
            ? envelope.TryGetProperty("data", out var data) ? data : default
            : throw new InvalidOperationException($"{method} {path}: {envelope}");
    }

    /// <summary>Sends a request of the API.</summary>
    /// <returns>The envelope.</returns>
    public async Task<JsonElement> ExchangeAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v4/" + path) { Content = content };
        using var answer = await Http.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public Task ChangeSettingAsync(string key, string value) => SendAsync(
        HttpMethod.Patch, "admin/settings", JsonContent.Create(new { settings = new Dictionary<string, string> { [key] = value } }));

    /// <summary>Begins an import of a folder of a policy's container into the signed-in user's drive.</summary>
    /// <returns>The task's id.</returns>
    public async Task<string> StartImportAsync(string source, string destination, int policyId = 1, bool readsMedia = false)
    {
        var task = await PostAsync("workflow/import", new
        {
            src = source,
            dst = destination,
            user_id = UserId,
            policy_id = policyId,
            recursive = true,
            extract_media_meta = readsMedia,
        });
        return task.GetProperty("id").GetString()!;
    }

    /// <summary>A task as the list of tasks shows it.</summary>
    public async Task<JsonElement> FindTaskAsync(string id)
    {
        var page = await GetAsync("workflow?page_size=10&category=general");
        return page.GetProperty("tasks").EnumerateArray().Single(task => task.GetProperty("id").GetString() == id);
    }

    /// <summary>The content of a folder, as its list shows it.</summary>
    public async Task<JsonElement[]> ListAsync(string uri)
    {
        var page = await GetAsync("file?page_size=2000&uri=" + Uri.EscapeDataString(uri));
        return [.. page.GetProperty("files").EnumerateArray()];
    }

    /// <summary>The names in a folder.</summary>
    public async Task<List<string>> ListNamesAsync(string uri) => [.. (await ListAsync(uri)).Select(file => file.GetProperty("name").GetString()!)];

    /// <summary>The address that the site signs for the download of a file, or of an archive of a folder.</summary>
    public async Task<Uri> SignDownloadAsync(string uri, bool archive = false)
    {
        var urls = await PostAsync("file/url", new { uris = new[] { uri }, download = true, archive });
        return new Uri(urls.GetProperty("urls")[0].GetProperty("url").GetString()!);
    }

    /// <summary>A file's content.</summary>
    public async Task<byte[]> DownloadAsync(string uri)
    {
        using var client = new HttpClient();
        return await client.GetByteArrayAsync(await SignDownloadAsync(uri));
    }

    public void Dispose() => Http.Dispose();
}
