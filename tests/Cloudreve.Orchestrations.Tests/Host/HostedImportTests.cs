using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Host;

/// <summary>Imports with the official engine. Each test imports a source of its own.</summary>
public sealed class HostedImportTests(HostFixture host) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Given_a_small_import_when_it_runs_then_it_is_exact_and_its_instance_shows_the_progress()
    {
        await host.Site.PutAsync(Enumerable.Range(0, 150).Select(i => $"small/d{i % 40:d2}/f{i}"));
        var used = await host.Site.UsedAsync();

        var task = await host.AwaitEndAsync(await host.StartAsync("small"));

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal(new TaskProgress(150, 150), task.Progress["imported"]);
        Assert.Equal(new TaskProgress(190, 190), task.Progress["indexed"]);
        Assert.Equal(used + 300, await host.Site.UsedAsync());
        Assert.Empty((await host.Site.CheckAsync()).All);
        Assert.Equal(
            """Completed {"round":2,"indexed":190,"imported":150,"skipped":0,"failed":0}""", await host.AwaitInstanceEndAsync(task));
    }

    [Fact]
    public async Task Given_thousands_of_files_when_the_instance_continues_as_new_then_the_import_is_exact()
    {
        await host.Site.PutAsync(Enumerable.Range(0, 3_000).Select(i => $"many/d{i % 20:d2}/e{i % 300:d3}/f{i}"));
        var used = await host.Site.UsedAsync();

        var task = await host.AwaitEndAsync(await host.StartAsync("many"), seconds: 240);

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal(new TaskProgress(3_000, 3_000), task.Progress["imported"]);
        Assert.Equal(used + 6_000, await host.Site.UsedAsync());
        Assert.Empty((await host.Site.CheckAsync()).All);
        Assert.StartsWith("Completed {\"round\":7,", await host.AwaitInstanceEndAsync(task), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_large_running_import_when_a_small_one_starts_then_the_small_one_ends_first()
    {
        await host.Site.PutAsync(Enumerable.Range(0, 1_500).Select(i => $"large/d{i}/f"));
        await host.Site.PutAsync(Enumerable.Range(0, 20).Select(i => $"quick/d{i % 2}/f{i}"));
        var user = await host.Site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        var large = await host.StartAsync("large");
        await host.UntilAsync(async () => (await host.Site.TaskAsync(large.Id)).Progress.GetValueOrDefault("imported") is { Current: > 0 }, "progress");

        var small = await host.AwaitEndAsync(await host.StartAsync("quick", userId: user.Id));

        Assert.False((await host.Site.TaskAsync(large.Id)).IsTerminal);
        Assert.Equal(WorkflowTaskStatus.Completed, small.Status);
        large = await host.AwaitEndAsync(large, seconds: 240);
        Assert.Equal(new TaskProgress(1_500, 1_500), large.Progress["imported"]);
        Assert.Empty((await host.Site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_an_import_that_was_started_when_it_is_started_again_then_it_runs_once()
    {
        await host.Site.PutAsync(["once/a", "once/b/c"]);
        var task = await host.StartAsync("once");
        await host.PostAsync($"start/{task.Id}");
        task = await host.AwaitEndAsync(task);
        var ended = await host.AwaitInstanceEndAsync(task);

        await host.PostAsync($"start/{task.Id}");

        Assert.StartsWith("Completed", ended, StringComparison.Ordinal);
        Assert.Equal(ended, await host.AwaitInstanceEndAsync(task));
        Assert.Equal(task.UpdatedAt, (await host.Site.TaskAsync(task.Id)).UpdatedAt);
    }

    [Fact]
    public async Task Given_an_import_that_ended_days_ago_when_the_hub_is_cleaned_then_its_task_stays()
    {
        await host.Site.PutAsync(Enumerable.Range(0, 10).Select(i => $"old/d{i}/f"));
        var task = await host.AwaitEndAsync(await host.StartAsync("old"));
        var instance = $"instances/{ImportStarter.InstanceIdOf(task)}";
        await host.AwaitInstanceEndAsync(task);

        await host.PostAsync("clean/6");
        Assert.StartsWith("Completed", await host.GetAsync(instance), StringComparison.Ordinal);
        await host.PostAsync("clean/8");

        Assert.Equal(" ", await host.GetAsync(instance));
        Assert.Equal("0", await host.GetAsync("instances"));
        Assert.Equal(WorkflowTaskStatus.Completed, (await host.Site.TaskAsync(task.Id)).Status);
    }

    [Fact]
    public async Task Given_a_container_that_is_gone_when_its_import_begins_on_the_host_then_the_task_ends()
    {
        // A retry would come after two seconds, and seven more after that.
        var task = await host.AwaitEndAsync(await host.StartFromLostContainerAsync("lost"), seconds: 60);

        Assert.Equal((WorkflowTaskStatus.Error, "The storage policy's container does not exist."), (task.Status, task.Error));
        Assert.StartsWith("Completed", await host.AwaitInstanceEndAsync(task), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("terminated")]
    [InlineData("purged")]
    public async Task Given_an_instance_taken_away_from_a_running_import_when_minutes_pass_then_its_task_ends(string end)
    {
        await host.Site.PutAsync(Enumerable.Range(0, 600).Select(i => $"{end}/d{i}/f"));
        var used = await host.Site.UsedAsync();
        var task = await host.StartAsync(end);
        await host.UntilAsync(async () => (await host.Site.TaskAsync(task.Id)).Progress.GetValueOrDefault("imported") is { Current: > 0 }, "progress");
        await host.PostAsync($"terminate/{ImportStarter.InstanceIdOf(task)}");
        Assert.StartsWith("Terminated", await host.AwaitInstanceEndAsync(task), StringComparison.Ordinal);
        if (end == "purged")
            await host.PostAsync($"purge/{ImportStarter.InstanceIdOf(task)}");

        await host.PostAsync("mend/6");
        await host.UntilAsync(async () => await host.GetAsync("running") == "0", "end of what still ran");
        Assert.Equal(WorkflowTaskStatus.Processing, (await host.Site.TaskAsync(task.Id)).Status);
        await host.PostAsync("mend/12");

        task = await host.Site.TaskAsync(task.Id);
        Assert.Equal(WorkflowTaskStatus.Error, task.Status);
        Assert.Contains("interrupted", task.Error, StringComparison.Ordinal);
        var imported = task.Progress["imported"].Current;
        Assert.InRange(imported, 1, 599);
        Assert.Equal(used + (2 * imported), await host.Site.UsedAsync());
        Assert.Empty((await host.Site.CheckAsync()).All);
    }
}
