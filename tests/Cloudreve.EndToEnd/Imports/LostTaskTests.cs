using Cloudreve.Core.Tasks;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.EndToEnd.Triggers;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>
/// Tasks whose orchestration no longer exists. A timer checks for them every two minutes; here the site starts with the timer past due,
/// so that nobody has to wait.
/// </summary>
public sealed class LostTaskTests(AzuriteServer azurite)
{
    private const string Timer = "RestartLostTasks";

    [Fact]
    public async Task Tasks_without_their_orchestration_end_with_an_error_and_those_never_begun_are_begun()
    {
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        string[] folders = ["vanished", "failed", "unstarted"];
        await site.WriteAsync(folders.SelectMany(folder => Enumerable.Range(0, 400).Select(i => ($"{folder}/d{i % 40}/f{i}", "abc"u8.ToArray()))));
        var vanished = await StartImportAsync(site, "vanished");
        var failed = await StartImportAsync(site, "failed");
        var unstarted = await StartImportAsync(site, "unstarted");
        await site.KillAsync();
        await DamageAsync(site);

        // The first run closes lost tasks, and the second settles them, once their running parts have had time to end.
        await RunTimerAsync(site);
        await site.KillAsync();
        await RunTimerAsync(site);

        foreach (var id in (string[])[vanished, failed])
        {
            var task = await site.Client.FindTaskAsync(id);
            Assert.Equal("error", task.GetProperty("status").GetString());
            Assert.StartsWith("The import was interrupted", task.GetProperty("error").GetString(), StringComparison.Ordinal);
        }
        await site.EventuallyAsync(async () => (await site.Client.FindTaskAsync(unstarted)).GetProperty("status").GetString() == "completed");
        Assert.Equal(40, (await site.Client.ListNamesAsync("cloudreve://my/unstarted")).Count);
        await site.KillAsync();
        await Integrity.AssertAsync(site, leftovers: 2 * folders.Length);
    }

    /// <summary>Starts an import and waits until it is under way.</summary>
    private static async Task<string> StartImportAsync(Site site, string folder)
    {
        var id = await site.Client.StartImportAsync("/" + folder, "/" + folder);
        await site.EventuallyAsync(async () => await StoredTasks.ReadStatusAsync(site, folder) != WorkflowTaskStatus.Queued);
        return id;
    }

    private async Task DamageAsync(Site site)
    {
        // A quick machine has the first imports done before the last one is under way.
        await StoredTasks.InterruptAsync(site, "vanished");
        await StoredTasks.InterruptAsync(site, "failed");
        var hub = new TaskHub(azurite, site);
        await hub.RemoveAsync(await StoredTasks.FindInstanceIdAsync(site, "vanished"));
        await hub.FailAsync(await StoredTasks.FindInstanceIdAsync(site, "failed"));
        await hub.RemoveAsync(await StoredTasks.FindInstanceIdAsync(site, "unstarted"));
        await hub.ClearAsync();
        await StoredTasks.ResetAsync(site, "unstarted");
    }

    /// <summary>Starts the site with its timer past due and waits until that has run.</summary>
    private static async Task RunTimerAsync(Site site)
    {
        await StoredTasks.AgeAsync(site);
        await Schedules.RewindAsync(site, Timer);
        await site.StartAsync();
        await site.Host.AwaitLineAsync($"Executed 'Functions.{Timer}' (Succeeded", TimeSpan.FromSeconds(30));
        await site.Client.SignInAsync();
    }
}
