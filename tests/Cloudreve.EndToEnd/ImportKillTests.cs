using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>
/// Kills the app at random moments while it imports. <c>./dev crash</c> runs the long form: it sets CLOUDREVE_CRASH_KILLS, _FILES
/// and _SEED.
/// </summary>
public sealed class ImportKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly int Kills = Number("CLOUDREVE_CRASH_KILLS") ?? 5;
    private static readonly int Files = Number("CLOUDREVE_CRASH_FILES") ?? 600;
    private static readonly int Seed = Number("CLOUDREVE_CRASH_SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);

    [Fact]
    public async Task Given_an_import_when_the_process_is_killed_again_and_again_then_it_completes_and_the_tree_is_exact()
    {
        output.WriteLine($"{Kills} kills, {Files} files, seed {Seed}");
        // Not for security: a seed repeats the moments of the kills.
#pragma warning disable CA5394
        var random = new Random(Seed);
        var delays = Enumerable.Range(0, Kills).Select(_ => random.Next(30, 1500)).ToList();
#pragma warning restore CA5394
        var prefix = AzuriteServer.UniqueName()[..12];
        var folders = Math.Max(1, Files / 10);
        var sizes = Enumerable.Range(0, Files).ToDictionary(i => $"d{i % folders:d4}/f{i:d5}", i => i % 7);
        string taskId;
        await using (var first = await AppProcess.StartAsync(azurite, prefix))
        {
            await first.SignInAsync();
            var container = azurite.Connect().Container(prefix + "-files");
            await Parallel.ForEachAsync(
                sizes,
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (file, token) => await container.WriteAsync("src/" + file.Key, BinaryData.FromBytes(new byte[file.Value]), cancellationToken: token));
            var task = await first.PostAsync(
                "/api/v4/workflow/import",
                $$"""{"src":"/src","dst":"/copy","user_id":"{{first.UserId}}","policy_id":1,"recursive":true,"extract_media_meta":false}""");
            taskId = task.GetProperty("id").GetString()!;
            first.Kill();
        }
        foreach (var delay in delays)
        {
            await using var killed = AppProcess.Launch(azurite, prefix);
            await Task.Delay(delay);
            killed.Kill();
        }
        await using var app = await AppProcess.StartAsync(azurite, prefix);
        await app.SignInAsync();

        var ended = await AwaitTaskAsync(app, taskId);

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.Equal(sizes.Values.Sum(), (await app.GetAsync("/api/v4/user/capacity")).GetProperty("used").GetInt64());
        Assert.Equal(sizes.OrderBy(f => f.Key, StringComparer.Ordinal), (await ReadTreeAsync(app)).OrderBy(f => f.Key, StringComparer.Ordinal));
        var findings = await TreeIntegrity.CheckAsync(azurite.Connect(), prefix);
        Assert.Empty(findings.Problems);
        // A kill while the destination folder is created leaves its id row and its header, which nobody can reach.
        output.WriteLine($"{findings.Leftovers.Count} rows are left over");
        Assert.InRange(findings.Leftovers.Count, 0, 2 * Kills);
    }

    private static async Task<Dictionary<string, int>> ReadTreeAsync(AppProcess app)
    {
        var files = new Dictionary<string, int>();
        foreach (var folder in await ListAsync(app, "cloudreve://my/copy"))
        {
            var name = folder.GetProperty("name").GetString()!;
            foreach (var file in await ListAsync(app, $"cloudreve://my/copy/{name}"))
                files.Add($"{name}/{file.GetProperty("name").GetString()}", file.GetProperty("size").GetInt32());
        }
        return files;
    }

    private static async Task<List<JsonElement>> ListAsync(AppProcess app, string uri)
    {
        var page = await app.GetAsync("/api/v4/file?page_size=2000&uri=" + Uri.EscapeDataString(uri));
        return [.. page.GetProperty("files").EnumerateArray()];
    }

    private static async Task<JsonElement> AwaitTaskAsync(AppProcess app, string id)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            var page = await app.GetAsync("/api/v4/workflow?page_size=10&category=general");
            var task = page.GetProperty("tasks").EnumerateArray().Single(t => t.GetProperty("id").GetString() == id);
            if (task.GetProperty("status").GetString() is "completed" or "error" or "canceled")
                return task;
            Assert.True(patience.Elapsed < Patience, "The import did not end in time.");
            await Task.Delay(200);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
