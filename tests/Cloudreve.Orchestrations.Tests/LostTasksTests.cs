using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Microsoft.DurableTask.Protobuf;
using Xunit;

namespace Cloudreve.Orchestrations.Tests;

public sealed class LostTasksTests(AzuriteServer azurite)
{
    private static readonly TimeSpan s_stall = TimeSpan.FromMinutes(6);

    private readonly ReplayHub _hub = new();

    [Fact]
    public async Task Given_nothing_to_repair_when_it_runs_then_it_costs_one_query()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await StartedAsync(site);
        using var measured = site.Layout.Account.Transactions.Measure();

        var client = await RunAsync(site);

        Assert.Equal(1, measured.Total);
        Assert.Empty(client.Looks);
    }

    [Fact]
    public async Task Given_an_accepted_task_that_was_never_started_when_minutes_pass_then_it_completes()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var task = await site.AcceptAsync("src");

        await RunAsync(site);
        Assert.Empty(_hub.Instances);
        site.Clock.Advance(TimeSpan.FromMinutes(4));
        await RunAsync(site);
        await _hub.RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
    }

    [Fact]
    public async Task Given_a_removal_without_instance_when_minutes_pass_then_it_is_started_again_and_again()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var now = site.Clock.GetUtcNow();
        await site.Get<TaskStore>().CreateAsync(new WorkflowTask
        {
            Id = 77,
            OwnerId = 1,
            Type = AccountRemoval.TaskType,
            CreatedAt = now,
            UpdatedAt = now,
            Job = """{"UserId":5}""",
        });
        site.Clock.Advance(s_stall);

        await RunAsync(site);
        Assert.Equal("user-removal-4d", Assert.Single(_hub.Instances).Id);
        await RunAsync(site);
        Assert.Single(_hub.Instances);
        _hub.Purge("user-removal-4d");
        await RunAsync(site);

        Assert.Equal(OrchestrationStatus.Pending, Assert.Single(_hub.Instances).Status);
    }

    [Fact]
    public async Task Given_an_instance_that_waits_its_turn_when_its_task_is_late_then_it_is_left_alone()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var task = await site.AcceptAsync("src");
        await ImportStarter.StartAsync(new ReplayClient(_hub), task);
        site.Clock.Advance(s_stall);

        await RunAsync(site);

        Assert.Equal(WorkflowTaskStatus.Queued, (await site.TaskAsync(task.Id)).Status);
        Assert.Equal(OrchestrationStatus.Pending, Assert.Single(_hub.Instances).Status);
    }

    [Fact]
    public async Task Given_an_instance_that_runs_when_its_task_has_not_moved_for_long_then_it_is_left_alone()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var task = await StartedAsync(site);
        site.Clock.Advance(TimeSpan.FromHours(5));

        await RunAsync(site);
        await _hub.RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
    }

    [Theory]
    [InlineData("terminated")]
    [InlineData("purged")]
    public async Task Given_an_instance_that_is_taken_away_when_minutes_pass_then_what_came_stays(string end)
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var task = await StartedAsync(site, () => _hub.Calls.Count == 3);
        TakeAway(task, end);
        site.Clock.Advance(s_stall);

        await RunAsync(site);
        Assert.Equal(WorkflowTaskStatus.Processing, (await site.TaskAsync(task.Id)).Status);
        site.Clock.Advance(s_stall);
        await RunAsync(site);

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal(WorkflowTaskStatus.Error, ended.Status);
        Assert.Contains("interrupted", ended.Error, StringComparison.Ordinal);
        Assert.Equal(new TaskProgress(1, 1), ended.Progress["imported"]);
        Assert.Equal(2, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_run_that_outlives_its_instance_when_it_continues_then_its_files_are_in_the_books()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var task = await StartedAsync(site, () => _hub.IsWaiting(ImportActivities.ImportFolders));
        TakeAway(task, "terminated");
        site.Clock.Advance(s_stall);
        // The group has begun before its task is closed, and is done after.
        var hasClosed = false;
        await using var slow = site.Restart(call =>
        {
            if (!hasClosed && call is { Service: StorageService.Blob, Method: "GET" })
            {
                hasClosed = true;
                RunAsync(site).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });

        await _hub.RunAsync(slow.Activities(), () => hasClosed);
        site.Clock.Advance(s_stall);
        await RunAsync(site);

        Assert.True(hasClosed);
        var ended = await site.TaskAsync(task.Id);
        Assert.Equal(WorkflowTaskStatus.Error, ended.Status);
        Assert.Equal(new TaskProgress(1, 1), ended.Progress["imported"]);
        Assert.Equal(2, await site.UsedAsync());
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_a_task_that_storage_did_not_let_end_when_storage_is_back_then_the_timer_ends_it()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var task = await StartedAsync(site);
        await using (var down = site.Restart(_ => StorageFault.Unavailable))
            await _hub.RunAsync(down.Activities());
        Assert.Equal(OrchestrationStatus.Failed, _hub.Find(ImportStarter.InstanceIdOf(task))!.Status);

        for (var run = 0; run < 2; run++)
        {
            site.Clock.Advance(s_stall);
            await RunAsync(site);
        }

        Assert.Equal(WorkflowTaskStatus.Error, (await site.TaskAsync(task.Id)).Status);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_an_instance_that_ended_before_its_task_began_when_minutes_pass_then_the_task_ends()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var task = await site.AcceptAsync("src");
        await ImportStarter.StartAsync(new ReplayClient(_hub), task);
        await using (var down = site.Restart(_ => StorageFault.Unavailable))
            await _hub.RunAsync(down.Activities());

        for (var run = 0; run < 2; run++)
        {
            site.Clock.Advance(s_stall);
            await RunAsync(site);
        }

        Assert.Equal(WorkflowTaskStatus.Error, (await site.TaskAsync(task.Id)).Status);
    }

    [Fact]
    public async Task Given_a_lost_task_that_cannot_be_looked_after_when_others_are_lost_then_those_are_repaired()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var tasks = new List<WorkflowTask>();
        for (var i = 0; i < 3; i++)
            tasks.Add(await site.AcceptAsync("src"));
        site.Clock.Advance(s_stall);

        await RunAsync(site, new ReplayClient(_hub) { BrokenInstance = ImportStarter.InstanceIdOf(tasks[1]) });

        Assert.Equal(
            [ImportStarter.InstanceIdOf(tasks[0]), ImportStarter.InstanceIdOf(tasks[2])],
            _hub.Instances.Select(i => i.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_group_that_takes_too_long_when_its_time_is_up_then_it_continues_at_the_next_try()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var task = await StartedAsync(site, () => _hub.Calls.Count == 2);
        var hasWaited = 0;
        await using var slow = site.Restart(call =>
        {
            if (call is { Service: StorageService.Blob, Method: "GET" } && Interlocked.Exchange(ref hasWaited, 1) == 0)
                site.Clock.Advance(ImportService.GroupTimeLimit);
            return StorageFault.None;
        });

        await _hub.RunAsync(slow.Activities());

        Assert.Equal(2, _hub.Calls.Count(c => c == ImportActivities.ImportFolders) - 1);
        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task<ReplayClient> RunAsync(RunningSite site, ReplayClient client)
    {
        await site.Get<LostTasks>().RunAsync(client);
        return client;
    }

    private Task<ReplayClient> RunAsync(RunningSite site) => RunAsync(site, new ReplayClient(_hub));

    private void TakeAway(WorkflowTask task, string end)
    {
        if (end == "purged")
            _hub.Purge(ImportStarter.InstanceIdOf(task));
        else
            _hub.Terminate(ImportStarter.InstanceIdOf(task));
    }

    /// <summary>An import of <c>src/a</c> and <c>src/d/b</c> that has begun and has reached the given point.</summary>
    private async Task<WorkflowTask> StartedAsync(RunningSite site, Func<bool>? isFarEnough = null)
    {
        await site.Get<EntryCreation>().CreateAsync(1, FilePath.ParsePlain("/imported"), NewEntry.Folder, failIfExists: true);
        await site.PutAsync(["src/a", "src/d/b"]);
        var task = await site.AcceptAsync("src");
        await ImportStarter.StartAsync(new ReplayClient(_hub), task);
        await _hub.RunAsync(site.Activities(), isFarEnough ?? (() => _hub.Calls.Count == 1));
        return await site.TaskAsync(task.Id);
    }
}
