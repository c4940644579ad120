using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while a mirror follows its source.</summary>
public sealed class MirrorKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const int Files = 200;
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task A_mirror_that_ran_under_kills_has_what_came_and_changed_and_keeps_ids_and_what_vanished()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        await site.WriteAsync(Enumerable.Range(0, Files).Select(i => (NameOf(i), new byte[10])));
        await KilledTask.AwaitEndAsync(site, await site.Client.StartImportAsync("/source", "/mirror"));
        var before = await ReadAsync(site);
        // A quarter grows, a quarter vanishes, half as many come.
        await site.WriteAsync(Enumerable.Range(0, Files).Where(i => i % 4 == 1).Select(i => (NameOf(i), new byte[25])));
        foreach (var i in Enumerable.Range(0, Files).Where(i => i % 4 == 2))
            await site.Files.DeleteAsync(NameOf(i));
        await site.WriteAsync(Enumerable.Range(Files, Files / 2).Select(i => (NameOf(i), new byte[7])));

        await _plan.KillAsync(site, await MirrorAsync(site));

        var after = await ReadAsync(site);
        Assert.Equal(Files + (Files / 2), after.Count);
        Assert.All(before, file => Assert.Equal(file.Value.Id, after[file.Key].Id));
        Assert.All(Enumerable.Range(0, Files + (Files / 2)), i => Assert.Equal(i >= Files ? 7 : i % 4 == 1 ? 25 : 10, after[Path.GetFileName(NameOf(i))].Size));
        Assert.Equal(after.Values.Sum(file => file.Size), (await site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64());
        await _plan.AssertRestAsync(site);
    }

    private static string NameOf(int i) => $"source/d{i % 10}/f{i}";

    private static async Task<string> MirrorAsync(Site site)
    {
        var task = await site.Client.PostUndocumentedAsync("workflow/import", new
        {
            src = "/source",
            dst = "/mirror",
            user_id = site.Client.UserId,
            policy_id = 1,
            recursive = true,
            extract_media_meta = false,
            mirror = true,
        });
        return task.GetProperty("id").GetString()!;
    }

    private static async Task<Dictionary<string, (string Id, long Size)>> ReadAsync(Site site)
    {
        var files = new Dictionary<string, (string, long)>();
        foreach (var folder in await site.Client.ListNamesAsync("cloudreve://my/mirror"))
        {
            foreach (var file in await site.Client.ListAsync($"cloudreve://my/mirror/{folder}"))
                files.Add(file.GetProperty("name").GetString()!, (file.GetProperty("id").GetString()!, file.GetProperty("size").GetInt64()));
        }
        return files;
    }
}
