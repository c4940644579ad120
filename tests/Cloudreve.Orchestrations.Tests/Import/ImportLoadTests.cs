using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Imports side by side, and imports that shall stop.</summary>
public sealed class ImportLoadTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_large_import_that_runs_when_another_user_starts_a_small_one_then_the_small_one_ends_first()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 1500).Select(i => $"large/d{i}/f"));
        await site.PutAsync(Enumerable.Range(0, 20).Select(i => $"small/d{i % 2}/f{i}"));
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await using var process = site.Restart(options: new EmbeddedTaskHubOptions { MaxConcurrentActivities = 2 });
        await process.Hub.StartAsync();
        var large = await process.AcceptAsync("large");
        await process.ScheduleAsync(large, RunningSite.InstanceId(large));
        await UntilAsync(async () => (await process.TaskAsync(large.Id)).Progress.GetValueOrDefault("imported") is { Current: > 0 });

        var small = await process.AcceptAsync("small", userId: user.Id);
        await process.ScheduleAsync(small, RunningSite.InstanceId(small));
        await process.EndOfAsync(small);

        var rest = await process.TaskAsync(large.Id);
        Assert.Equal(WorkflowTaskStatus.Completed, (await process.TaskAsync(small.Id)).Status);
        Assert.False(rest.IsTerminal);
        await process.EndOfAsync(large);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_many_folders_when_groups_are_claimed_then_one_import_takes_no_more_than_the_setting_allows()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 120).Select(i => $"src/d{i}/f"));
        var imports = site.Get<ImportService>();
        var task = await site.AcceptAsync("src");
        var reference = new ImportTaskReference(task.Id, task.OwnerId);
        await imports.BeginAsync(reference);
        await imports.RunGroupAsync(reference, Assert.Single(await imports.ClaimAsync(reference, 0, ImportTotals.Zero, [])));

        var groups = await imports.ClaimAsync(reference, 1, ImportTotals.Zero, []);

        Assert.Equal(4, groups.Count);
    }

    [Fact]
    public async Task Given_a_group_that_lists_when_the_task_is_cancelled_then_it_stops_before_it_inserts_and_the_task_is_canceled()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 30).Select(i => $"src/f{i}"));
        var task = await site.AcceptAsync("src");
        var hasListed = 0;
        // The request to cancel comes while the group waits for its page.
        await using var process = site.Restart(call =>
        {
            if (IsListing(call) && Interlocked.Exchange(ref hasListed, 1) == 0)
                Cancel(site, task).GetAwaiter().GetResult();
            return StorageFault.None;
        });
        await process.Hub.StartAsync();

        await process.RunAsync(task, RunningSite.InstanceId(task));

        Assert.Equal(WorkflowTaskStatus.Canceled, (await site.TaskAsync(task.Id)).Status);
        Assert.Equal(0, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static bool IsListing(StorageCall call) =>
        call is { Service: StorageService.Blob, Method: "GET" } && call.Uri.Query.Contains("comp=list", StringComparison.Ordinal);

    private static async Task Cancel(RunningSite site, WorkflowTask task) =>
        await site.Get<TaskStore>().UpdateAsync(task.OwnerId, task.Id, t => t with { IsCancelRequested = true });

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(10, patience.Token);
    }
}
