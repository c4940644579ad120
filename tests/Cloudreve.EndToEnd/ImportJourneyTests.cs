using System.Net;
using System.Text.Json;
using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Cloudreve.EndToEnd;

public sealed class ImportJourneyTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_fresh_site_when_an_administrator_imports_a_tree_then_it_can_be_browsed_and_downloaded_byte_for_byte()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix());

        await ImportJourney.ImportAndBrowseAsync(app);
    }

    [Fact]
    public async Task Given_a_running_app_when_a_blob_appears_below_the_watched_prefix_then_it_becomes_a_file_of_that_user()
    {
        await using var app = await AppProcess.StartAsync(azurite, NewPrefix());
        await app.SignInAsync();

        await app.WriteAsync($"imports/{app.UserId}/inbox/scan.pdf", "%PDF"u8.ToArray());

        await app.EventuallyAsync(async () => (await app.NamesAsync("cloudreve://my")).Contains("inbox"));
        await app.EventuallyAsync(async () => (await app.NamesAsync("cloudreve://my/inbox")).Contains("scan.pdf"));
        Assert.Equal("%PDF"u8.ToArray(), await app.DownloadAsync((await app.FilesAsync("cloudreve://my/inbox"))[0]));
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
}
