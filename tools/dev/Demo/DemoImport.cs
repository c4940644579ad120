using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Cloudreve.AzureStorage.Blobs;
using Spectre.Console;

namespace Cloudreve.Dev.Demo;

/// <summary>Fills the storage policy's container with a tree of files and imports it through the API, as an administrator would.</summary>
/// <param name="container">The container of the seeded storage policy.</param>
/// <param name="email">The administrator's mail address.</param>
/// <param name="password">The administrator's password.</param>
internal sealed class DemoImport(BlobContainer container, string email, string password)
{
    private const string Destination = "/demo";
    private const int SeededPolicy = 1;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Imports the tree and shows the progress until it is done.</summary>
    /// <param name="client">Reaches the app.</param>
    /// <param name="cancellationToken">Leaves the import to itself.</param>
    /// <exception cref="CommandException">The app refused a step, or the import failed.</exception>
    public async Task RunAsync(HttpClient client, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Demo: writing {DemoTree.FileCount} files to {container.Name}/{DemoTree.Root} ...");
        await container.CreateIfNotExistsAsync(cancellationToken);
        await DemoTree.WriteAsync(container, cancellationToken);

        var userId = await SignInAsync(client, cancellationToken);
        var task = await CallAsync(client, HttpMethod.Post, "workflow/import", new JsonObject
        {
            ["src"] = DemoTree.Root,
            ["dst"] = Destination,
            ["user_id"] = userId,
            ["policy_id"] = SeededPolicy,
            ["recursive"] = true,
            ["extract_media_meta"] = false,
        }, cancellationToken);
        var id = Text(task?["id"], "the task's id");
        var failed = 0L;
        await new ImportProgress(AnsiConsole.Console, DemoTree.FileCount)
            .ShowAsync(async report => failed = await FollowAsync(client, id, report, cancellationToken));
        Console.WriteLine($"Demo: imported; {failed} failed.");
        Console.WriteLine($"Demo: look at GET {client.BaseAddress}api/v4/file?uri=cloudreve://my{Destination} as {email}.");
    }

    private async Task<string> SignInAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var session = await CallAsync(client, HttpMethod.Post, "session/token", new JsonObject { ["email"] = email, ["password"] = password }, cancellationToken);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Text(session?["token"]?["access_token"], "an access token"));
        return Text(session?["user"]?["id"], "the user's id");
    }

    /// <summary>Reports the import's states until it has ended.</summary>
    /// <returns>The number of files that failed.</returns>
    private static async Task<long> FollowAsync(HttpClient client, string id, ImportProgress.Report report, CancellationToken cancellationToken)
    {
        while (true)
        {
            var list = await CallAsync(client, HttpMethod.Get, "workflow?page_size=100&category=general", null, cancellationToken);
            var task = list?["tasks"]?.AsArray().FirstOrDefault(t => t?["id"]?.GetValue<string>() == id);
            var status = Text(task?["status"], "the import in the list of tasks");
            var progress = await CallAsync(client, HttpMethod.Get, $"workflow/progress/{id}", null, cancellationToken);
            // The import knows only what it has seen so far, folders included; of the files it counts the finished ones.
            report(status, Number(progress?["imported"]?["total"]));
            if (status == "completed")
                return Number(task?["summary"]?["props"]?["failed"]);
            if (status is "error" or "canceled")
                throw new CommandException($"The demo's import ended as '{status}': {task?["error"]}");
            await Task.Delay(s_pause, cancellationToken);
        }
    }

    /// <summary>Calls the API and unwraps the data from its envelope.</summary>
    private static async Task<JsonNode?> CallAsync(HttpClient client, HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri("api/v4/" + path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new CommandException($"{method} /api/v4/{path} answered {(int)response.StatusCode}.");
        var envelope = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        if (envelope?["code"]?.GetValue<int>() != 0)
            throw new CommandException($"{method} /api/v4/{path} failed with code {envelope?["code"]}: {envelope?["msg"]}");
        return envelope["data"];
    }

    private static string Text(JsonNode? node, string what) => node?.GetValue<string>() ?? throw new CommandException($"The app did not answer {what}.");

    private static long Number(JsonNode? node) => node?.GetValue<long>() ?? 0;
}
