using Cloudreve.Core.Tasks;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>
/// Kills host and worker at random moments of an import. The durable engine releases after a minute what a killed host had taken,
/// hence the limit.
/// </summary>
[Collection(nameof(ImportKillTests))]
public sealed class ImportKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task An_import_outlives_kills_of_the_host_and_no_process_stays_behind()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        var taskId = await _plan.StartImportAsync(site);

        var met = 0;
        for (var i = 0; i < _plan.Delays.Count; i++)
        {
            // Every other host is killed while it starts or waits, the others while they work.
            if (i % 2 == 0)
                await AwaitWorkAsync(site);
            await Task.Delay(_plan.Delays[i]);
            met += site.Host.Count("Executing 'Functions.ImportFolders'") > 0 && !await HasEndedAsync(site) ? 1 : 0;
            await site.KillAsync();
            site.Launch();
        }

        await AwaitWorkAsync(site);
        await AwaitEndAsync(site);
        output.WriteLine($"{met} kills met the import at work");
        Assert.NotEqual(0, met);
        await _plan.AssertExactAsync(site, taskId, output);
    }

    [Fact]
    public async Task An_import_outlives_kills_of_the_worker_which_the_host_replaces()
    {
        output.WriteLine(_plan.Description);
        await using var site = await new Site(azurite).StartAsync();
        var taskId = await _plan.StartImportAsync(site);

        var met = 0;
        for (var i = 0; i < _plan.Delays.Count; i++)
        {
            // Every third worker may be killed while it starts; a host ends when three in a row fail to start.
            if (i % 3 != 2)
                await site.AwaitAnswerAsync();
            await Task.Delay(_plan.Delays[i]);
            met += await HasEndedAsync(site) ? 0 : 1;
            await site.KillWorkerAsync();
        }

        await AwaitEndAsync(site);
        output.WriteLine($"{met} kills met the import at work");
        Assert.NotEqual(0, met);
        await _plan.AssertExactAsync(site, taskId, output);
    }

    /// <summary>Waits until the host runs an activity, or there is nothing left to do.</summary>
    private static Task AwaitWorkAsync(Site site) => site.EventuallyAsync(
        async () => site.Host.Count("Executing 'Functions.ImportFolders'") > 0 || await HasEndedAsync(site), s_limit);

    private static async Task AwaitEndAsync(Site site)
    {
        await site.EventuallyAsync(() => HasEndedAsync(site), s_limit);
        await site.AwaitAnswerAsync();
    }

    private static async Task<bool> HasEndedAsync(Site site) =>
        await StoredTasks.ReadStatusAsync(site, CrashPlan.Source) is not (WorkflowTaskStatus.Queued or WorkflowTaskStatus.Processing);
}
