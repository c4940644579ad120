using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>The app as its clients see it, whoever hosts it.</summary>
internal abstract class RunningApp : IAsyncDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "correct horse battery";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    protected RunningApp(StorageAccount storage, string prefix, Uri baseAddress)
    {
        Storage = storage;
        Prefix = prefix;
        BaseAddress = baseAddress;
        Client = new HttpClient(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = baseAddress };
    }

    /// <summary>The app's storage account.</summary>
    public StorageAccount Storage { get; }

    /// <summary>What its names in storage start with.</summary>
    public string Prefix { get; }

    public Uri BaseAddress { get; }

    /// <summary>A client that checks every documented exchange against the contract.</summary>
    public HttpClient Client { get; }

    /// <summary>The signed-in user's encoded id.</summary>
    public string UserId { get; private set; } = "";

    /// <summary>What the app has logged.</summary>
    public abstract string Output { get; }

    /// <summary>The container of the seeded storage policy.</summary>
    private BlobContainer Container => Storage.Container(Prefix + "-files");

    public async Task SignInAsync()
    {
        var data = await PostAsync("/api/v4/session/token", $$"""{"email":"{{AdminEmail}}","password":"{{AdminPassword}}"}""");
        Client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", data.GetProperty("token").GetProperty("access_token").GetString());
        UserId = data.GetProperty("user").GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> GetAsync(string address) => await DataAsync(await Client.GetAsync(address));

    public async Task<JsonElement> PostAsync(string address, string json) =>
        await DataAsync(await Client.PostAsync(address, new StringContent(json, Encoding.UTF8, "application/json")));

    /// <summary>Writes a blob beside the app.</summary>
    public async Task WriteAsync(string name, byte[] content)
    {
        // The site makes its container with the first request.
        await EventuallyAsync(() => Container.ExistsAsync());
        await Container.WriteAsync(name, BinaryData.FromBytes(content));
    }

    /// <summary>Begins an import of a folder of the seeded policy into the signed-in user's drive.</summary>
    /// <returns>The task's id.</returns>
    public async Task<string> StartImportAsync(string source, string destination)
    {
        var task = await PostAsync(
            "/api/v4/workflow/import",
            $$"""{"src":"{{source}}","dst":"{{destination}}","user_id":"{{UserId}}","policy_id":1,"recursive":true,"extract_media_meta":false}""");
        return task.GetProperty("id").GetString()!;
    }

    /// <summary>Imports a folder and waits for the end of the task.</summary>
    /// <returns>The ended task.</returns>
    public async Task<JsonElement> ImportAsync(string source, string destination) => await AwaitTaskAsync(await StartImportAsync(source, destination));

    /// <summary>Waits for the end of a task.</summary>
    public async Task<JsonElement> AwaitTaskAsync(string id)
    {
        JsonElement task = default;
        await EventuallyAsync(async () =>
        {
            var page = await GetAsync("/api/v4/workflow?page_size=10&category=general");
            task = page.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("id").GetString() == id);
            return task.GetProperty("status").GetString() is "completed" or "error" or "canceled";
        });
        return task;
    }

    /// <summary>What a folder holds, as the list shows it.</summary>
    public async Task<JsonElement[]> FilesAsync(string uri)
    {
        var page = await GetAsync("/api/v4/file?page_size=2000&uri=" + Uri.EscapeDataString(uri));
        return [.. page.GetProperty("files").EnumerateArray()];
    }

    /// <summary>The names in a folder.</summary>
    public async Task<List<string>> NamesAsync(string uri) => [.. (await FilesAsync(uri)).Select(f => f.GetProperty("name").GetString()!)];

    /// <summary>A file's content, from the URL that the app signs.</summary>
    public async Task<byte[]> DownloadAsync(JsonElement file)
    {
        var urls = await PostAsync("/api/v4/file/url", JsonSerializer.Serialize(new { uris = new[] { file.GetProperty("path").GetString() }, download = true }));
        using var client = new HttpClient();
        return await client.GetByteArrayAsync(new Uri(urls.GetProperty("urls")[0].GetProperty("url").GetString()!));
    }

    /// <summary>Waits until something is so.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(patience.Elapsed < s_patience, $"It did not happen in time.\n{Output}");
            await Task.Delay(200);
        }
    }

    public abstract ValueTask DisposeAsync();

    private async Task<JsonElement> DataAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var envelope = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return envelope.GetProperty("code").GetInt32() == 0
                ? envelope.GetProperty("data").Clone()
                : throw new InvalidOperationException($"{answer.RequestMessage!.RequestUri}: {envelope}\n{Output}");
        }
    }
}
