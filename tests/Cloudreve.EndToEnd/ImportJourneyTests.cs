using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Cloudreve.EndToEnd;

public sealed class ImportJourneyTests(AzuriteServer azurite)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Given_a_fresh_site_when_an_administrator_imports_a_tree_then_it_can_be_browsed_and_downloaded_byte_for_byte()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix());
        var content = RandomNumberGenerator.GetBytes(300_000);
        await WriteAsync(app, "photos/2024/Zürich #1 50%.bin", content);
        await WriteAsync(app, "photos/readme.txt", "hello"u8.ToArray());
        await app.SignInAsync();

        var task = await ImportAsync(app, "/photos", "/Pictures");

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").GetProperty("failed").GetInt64());
        var progress = await app.GetAsync($"/api/v4/workflow/progress/{task.GetProperty("id").GetString()}");
        Assert.Equal(2, progress.GetProperty("imported").GetProperty("current").GetInt64());
        var root = await app.GetAsync("/api/v4/file?uri=" + Uri.EscapeDataString("cloudreve://my/Pictures"));
        Assert.Equal(["2024", "readme.txt"], root.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()!));
        var file = (await app.GetAsync("/api/v4/file?uri=" + Uri.EscapeDataString("cloudreve://my/Pictures/2024"))).GetProperty("files")[0];
        Assert.Equal("Zürich #1 50%.bin", file.GetProperty("name").GetString());
        Assert.Equal(300_000, file.GetProperty("size").GetInt64());
        var info = await app.GetAsync("/api/v4/file/info?extended=true&uri=" + Uri.EscapeDataString(file.GetProperty("path").GetString()!));
        Assert.Equal(file.GetProperty("id").GetString(), info.GetProperty("id").GetString());
        Assert.Equal(content, await DownloadAsync(app, file));
        Assert.Equal(300_005, (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task Given_an_import_when_the_process_is_killed_again_and_again_then_it_completes_and_the_tree_is_exact()
    {
        const int Files = 600;
        var prefix = NewPrefix();
        string taskId;
        await using (var first = await AppProcess.StartAsync(azurite, prefix))
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Files),
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (i, _) => await WriteAsync(first, $"src/d{i % 60:d2}/f{i:d4}", new byte[3]));
            await first.SignInAsync();
            taskId = (await StartImportAsync(first, "/src", "/copy")).GetProperty("id").GetString()!;
            first.Kill();
        }
        for (var i = 1; i <= 5; i++)
        {
            await using var killed = await AppProcess.StartAsync(azurite, prefix);
            await Task.Delay(RandomNumberGenerator.GetInt32(100, 900));
            killed.Kill();
        }
        await using var app = await AppProcess.StartAsync(azurite, prefix);
        await app.SignInAsync();

        var task = await AwaitTaskAsync(app, taskId);

        Assert.Equal("completed", task.GetProperty("status").GetString());
        Assert.Equal(Files * 3, (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
        var names = new List<string>();
        foreach (var folder in await NamesAsync(app, "cloudreve://my/copy"))
            names.AddRange((await NamesAsync(app, $"cloudreve://my/copy/{folder}")).Select(n => $"{folder}/{n}"));
        Assert.Equal(Enumerable.Range(0, Files).Select(i => $"d{i % 60:d2}/f{i:d4}").Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_running_app_when_a_blob_appears_below_the_watched_prefix_then_it_becomes_a_file_of_that_user()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix());
        await app.SignInAsync();

        await WriteAsync(app, $"imports/{app.UserId}/inbox/scan.pdf", "%PDF"u8.ToArray());

        await EventuallyAsync(async () => (await NamesAsync(app, "cloudreve://my")).Contains("inbox"));
        await EventuallyAsync(async () => (await NamesAsync(app, "cloudreve://my/inbox")).Contains("scan.pdf"));
        var file = (await app.GetAsync("/api/v4/file?uri=" + Uri.EscapeDataString("cloudreve://my/inbox"))).GetProperty("files")[0];
        Assert.Equal("%PDF"u8.ToArray(), await DownloadAsync(app, file));
    }

    [Fact]
    public async Task Given_the_standalone_mode_when_an_invocation_is_posted_then_there_is_no_such_route()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix());
        using var client = new HttpClient { BaseAddress = app.BaseAddress };

        using var answer = await client.PostAsync("/StartOrchestration", new StringContent("""{"Data":{},"Metadata":{}}"""));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Given_the_executable_when_it_emits_its_functions_then_every_folder_holds_valid_bindings()
    {
        var folder = Directory.CreateTempSubdirectory("emitted");

        var (exitCode, output) = await AppProcess.RunAsync("--emit-functions", folder.FullName);

        Assert.True(exitCode == 0, output);
        var functions = folder.EnumerateDirectories().ToDictionary(
            d => d.Name, d => JsonDocument.Parse(System.IO.File.ReadAllText(Path.Combine(d.FullName, "function.json"))).RootElement);
        Assert.Contains("ListFiles", functions.Keys);
        Assert.Contains("ImportOrchestration", functions.Keys);
        Assert.All(functions.Values, f => Assert.NotEmpty(f.GetProperty("bindings").EnumerateArray()));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Given_the_handler_mode_when_the_host_invokes_a_queue_function_then_the_answer_starts_the_orchestration()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix(), asHandler: true);
        using var client = new HttpClient { BaseAddress = app.BaseAddress };
        var message = JsonSerializer.Serialize("""{"name":"ImportOrchestration","instanceId":"import-1","input":{"task":{"taskId":1,"ownerId":1}}}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/StartOrchestration")
        {
            Content = new StringContent(
                $$$"""{"Data":{"message":{{{JsonSerializer.Serialize(message)}}}},"Metadata":{}}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var outputs = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("Outputs");
        var start = outputs.EnumerateObject().Single().Value;
        Assert.Equal("ImportOrchestration", start.GetProperty("FunctionName").GetString());
        Assert.Equal("import-1", start.GetProperty("InstanceId").GetString());
    }

    private static string NewPrefix() => AzuriteServer.UniqueName()[..12];

    private BlobContainer Container(AppProcess app) => azurite.Connect().Container(app.Prefix + "-files");

    private async Task WriteAsync(AppProcess app, string name, byte[] content)
    {
        // The site makes its container with the first request.
        await EventuallyAsync(async () => await Container(app).ExistsAsync());
        await Container(app).WriteAsync(name, BinaryData.FromBytes(content));
    }

    private static async Task<JsonElement> StartImportAsync(AppProcess app, string source, string destination) => await app.PostAsync(
        "/api/v4/workflow/import",
        $$"""{"src":"{{source}}","dst":"{{destination}}","user_id":"{{app.UserId}}","policy_id":1,"recursive":true,"extract_media_meta":false}""");

    private static async Task<JsonElement> ImportAsync(AppProcess app, string source, string destination) =>
        await AwaitTaskAsync(app, (await StartImportAsync(app, source, destination)).GetProperty("id").GetString()!);

    private static async Task<JsonElement> AwaitTaskAsync(AppProcess app, string id)
    {
        JsonElement task = default;
        await EventuallyAsync(async () =>
        {
            var page = await app.GetAsync("/api/v4/workflow?page_size=10&category=general");
            task = page.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("id").GetString() == id);
            return task.GetProperty("status").GetString() is "completed" or "error" or "canceled";
        });
        return task;
    }

    private static async Task<List<string>> NamesAsync(AppProcess app, string uri)
    {
        var page = await app.GetAsync("/api/v4/file?page_size=2000&uri=" + Uri.EscapeDataString(uri));
        return [.. page.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()!)];
    }

    private static async Task<byte[]> DownloadAsync(AppProcess app, JsonElement file)
    {
        var urls = await app.PostAsync("/api/v4/file/url", JsonSerializer.Serialize(new { uris = new[] { file.GetProperty("path").GetString() }, download = true }));
        using var client = new HttpClient();
        return await client.GetByteArrayAsync(new Uri(urls.GetProperty("urls")[0].GetProperty("url").GetString()!));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var patience = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(patience.Elapsed < Patience, "It did not happen in time.");
            await Task.Delay(200);
        }
    }
}
