using System.Text.Json;
using Cloudreve.EndToEnd.Imports;
using Cloudreve.EndToEnd.Processes;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Load.Checks;
using Cloudreve.Testing.Storage;
using Xunit;

namespace Cloudreve.EndToEnd.Workflows;

/// <summary>The kills of host and worker while a task runs, its end in spite of them, and the check of the site at rest.</summary>
internal static class KilledTask
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    /// <summary>Kills host and worker in turns at the plan's moments, and waits until the task has completed.</summary>
    /// <param name="plan">The moments.</param>
    /// <param name="site">The site.</param>
    /// <param name="taskId">The task.</param>
    public static async Task KillAsync(this CrashPlan plan, Site site, string taskId)
    {
        await plan.KillAsync(site);
        await AwaitEndAsync(site, taskId);
    }

    /// <summary>Kills host and worker in turns at the plan's moments.</summary>
    public static async Task KillAsync(this CrashPlan plan, Site site)
    {
        for (var i = 0; i < plan.Delays.Count; i++)
        {
            await Task.Delay(plan.Delays[i]);
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
    }

    /// <summary>Waits until a task has completed without failed items.</summary>
    public static async Task AwaitEndAsync(Site site, string taskId)
    {
        JsonElement task = default;
        await site.EventuallyAsync(
            async () =>
            {
                task = await site.Client.FindTaskAsync(taskId);
                return task.GetProperty("status").GetString() is "completed" or "error";
            },
            s_limit);
        Assert.True(task.GetProperty("status").GetString() == "completed", $"{task}\n{site.Host.Story}");
        Assert.Equal(0, task.GetProperty("summary").GetProperty("props").TryGetProperty("failed", out var failed) ? failed.GetInt64() : 0);
    }

    /// <summary>
    /// Ends the site's processes, lets the timers that clean up run as though days had passed, checks that tables and blobs fit together, and
    /// starts the site again.
    /// </summary>
    /// <param name="plan">The kills that were.</param>
    /// <param name="site">The site.</param>
    /// <param name="leftovers">Maximum number of unreachable leftover rows for each kill.</param>
    public static async Task AssertRestAsync(this CrashPlan plan, Site site, int leftovers = 2)
    {
        await site.KillAsync();
        await using (var rest = new SiteRest(site.Storage, site.Prefix))
            await rest.CleanUpAsync();
        await Integrity.AssertAsync(site, leftovers * plan.Delays.Count);
        Assert.Empty((await TreeIntegrity.CheckAsync(site.Storage, site.Prefix)).Problems);
        await site.StartAsync();
        await site.Client.SignInAsync();
    }
}
