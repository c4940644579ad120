using System.Globalization;
using System.Text;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>Kills host and worker at random moments while they build the index of full-text search.</summary>
public sealed class RebuildKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private const int Files = 120;
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task An_index_that_was_rebuilt_under_kills_finds_each_file_once()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        await site.WriteAsync(Enumerable.Range(0, Files).Select(i => ($"texts/d{i % 10}/f{i}.txt", Encoding.UTF8.GetBytes($"common {WordOf(i)}"))));
        await KilledTask.AwaitEndAsync(site, await site.Client.StartImportAsync("/texts", "/texts"));
        await site.Client.ChangeSettingAsync("fts_enabled", "1");

        var task = await site.Client.PostAsync("workflow/rebuildFtsIndex", new { filtered_storage_policy = Array.Empty<int>() });
        await _plan.KillAsync(site, task.GetProperty("id").GetString()!);

        await _plan.AssertRestAsync(site);
        Assert.Equal(Files, (await site.Client.GetAsync("file/search?query=common")).GetProperty("total").GetInt64());
        for (var i = 0; i < Files; i += 7)
        {
            var found = (await site.Client.GetAsync("file/search?query=" + WordOf(i))).GetProperty("hits").EnumerateArray();
            Assert.Equal($"f{i}.txt", Assert.Single(found).GetProperty("file").GetProperty("name").GetString());
        }
    }

    private static string WordOf(int i) => "word" + i.ToString("d5", CultureInfo.InvariantCulture);
}
