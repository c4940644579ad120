using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Processes;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load.Checks;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while they create an archive of a tree, and while they extract it again.</summary>
public sealed class ArchiveKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Theory]
    [InlineData("tar.gz")]
    public async Task An_archive_that_was_created_and_extracted_under_kills_has_the_tree_once(string format)
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await AwaitEndAsync(site, await _plan.StartImportAsync(site));
        await site.Client.PostAsync("file/create", new { uri = "cloudreve://my/out", type = "folder" });

        await KillAsync(site, await ArchiveAsync(site, format));
        var extracted = await site.Client.PostAsync("workflow/extract", new { src = new[] { "cloudreve://my/all" }, dst = "cloudreve://my/out", encoding = "" });
        await KillAsync(site, extracted);

        await _plan.AssertTreeAsync(site, "cloudreve://my/out/copy");
        // What a write that was killed has charged is given back by a timer.
        await site.KillAsync();
        await using (var rest = new SiteRest(site.Storage, site.Prefix))
            await rest.CleanUpAsync();
        await Integrity.AssertAsync(site, leftovers: 4 * _plan.Delays.Count);
        await site.StartAsync();
        await site.Client.SignInAsync();
        var archive = Assert.Single(await site.Client.ListAsync("cloudreve://my"), file => file.GetProperty("name").GetString() == "all");
        Assert.Equal((2 * _plan.TotalBytes) + archive.GetProperty("size").GetInt64(), (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64());
        Assert.Empty((await TreeIntegrity.CheckAsync(site.Storage, site.Prefix)).Problems);
    }

    private static async Task<JsonElement> ArchiveAsync(Site site, string format)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/workflow/archive")
        {
            Content = JsonContent.Create(new { src = new[] { "cloudreve://my/copy" }, dst = "cloudreve://my/all", format }),
        };
        // The contract knows zips alone.
        request.Options.Set(ContractHandler.Undocumented, true);
        using var answer = await site.Client.Http.SendAsync(request);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
    }

    private async Task KillAsync(Site site, JsonElement task)
    {
        for (var i = 0; i < _plan.Delays.Count; i++)
        {
            await Task.Delay(_plan.Delays[i]);
            // The host takes its worker with it; a worker that is killed alone is replaced.
            if (i % 2 == 0)
            {
                await site.KillAsync();
                site.Launch();
            }
            else
            {
                HostProcess.Kill(await site.Host.FindWorkerAsync());
            }
            await site.AwaitAnswerAsync();
        }
        await AwaitEndAsync(site, task.GetProperty("id").GetString()!);
    }

    private static async Task AwaitEndAsync(Site site, string id)
    {
        JsonElement task = default;
        await site.EventuallyAsync(
            async () =>
            {
                task = await site.Client.FindTaskAsync(id);
                return task.GetProperty("status").GetString() is "completed" or "error";
            },
            s_limit);
        Assert.True(task.GetProperty("status").GetString() == "completed", $"{task}\n{site.Host.Story}");
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").TryGetProperty("failed", out var failed) ? failed.GetInt64() : 0);
    }
}
