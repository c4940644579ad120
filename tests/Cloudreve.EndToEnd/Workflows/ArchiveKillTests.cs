using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while they create an archive of a tree, and while they extract it again.</summary>
public sealed class ArchiveKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Theory]
    [InlineData("tar.gz")]
    public async Task An_archive_that_was_created_and_extracted_under_kills_has_the_tree_once(string format)
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await KilledTask.AwaitEndAsync(site, await _plan.StartImportAsync(site));
        await site.Client.PostAsync("file/create", new { uri = "cloudreve://my/out", type = "folder" });

        await _plan.KillAsync(site, await ArchiveAsync(site, format));
        var extracted = await site.Client.PostAsync("workflow/extract", new { src = new[] { "cloudreve://my/all" }, dst = "cloudreve://my/out", encoding = "" });
        await _plan.KillAsync(site, extracted.GetProperty("id").GetString()!);

        await _plan.AssertTreeAsync(site, "cloudreve://my/out/copy");
        // What a write that was killed has charged is given back by a timer.
        await _plan.AssertRestAsync(site, leftovers: 4);
        var archive = Assert.Single(await site.Client.ListAsync("cloudreve://my"), file => file.GetProperty("name").GetString() == "all");
        Assert.Equal((2 * _plan.TotalBytes) + archive.GetProperty("size").GetInt64(), (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64());
    }

    private static async Task<string> ArchiveAsync(Site site, string format)
    {
        var task = await site.Client.PostUndocumentedAsync("workflow/archive", new { src = new[] { "cloudreve://my/copy" }, dst = "cloudreve://my/all", format });
        return task.GetProperty("id").GetString()!;
    }
}
