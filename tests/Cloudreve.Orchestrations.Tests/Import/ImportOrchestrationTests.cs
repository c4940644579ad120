using System.Text.Json;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Microsoft.DurableTask.Protobuf;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Imports with the product's own activities.</summary>
public sealed class ImportOrchestrationTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_an_accepted_import_when_its_orchestration_runs_then_the_whole_tree_comes()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 150).Select(i => $"src/d{i % 40:d2}/f{i}"));

        var (task, hub) = await ImportAsync(site);

        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(new TaskProgress(150, 150), task.Progress["imported"]);
        Assert.Equal(new TaskProgress(190, 190), task.Progress["indexed"]);
        Assert.Empty((await site.CheckAsync()).All);
        var instance = hub.Find(ImportStarter.InstanceIdOf(task))!;
        Assert.Equal("""{"round":2,"indexed":190,"imported":150,"skipped":0,"failed":0}""", instance.CustomStatus);
        Assert.Equal(150, JsonSerializer.Deserialize<ImportTotals>(instance.Output!, OrchestrationJson.Options)!.Imported);
    }

    [Fact]
    public async Task Given_many_rounds_when_a_deep_tree_is_imported_then_every_history_stays_short()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(1, 30).Select(i => "src/" + string.Concat(Enumerable.Repeat("d/", i)) + "f"));

        var (task, hub) = await ImportAsync(site);

        Assert.Equal(new TaskProgress(30, 30), task.Progress["imported"]);
        Assert.True(hub.Find(ImportStarter.InstanceIdOf(task))!.Generations >= 30);
        Assert.All(hub.Turns, t => Assert.InRange(t.Request.PastEvents.Count + t.Request.NewEvents.Count, 1, 20));
        Assert.All(hub.Turns, t => Assert.InRange(t.Request.CalculateSize(), 1, 8_000));
    }

    [Fact]
    public async Task Given_a_finished_import_when_it_is_started_again_then_nothing_happens()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var (task, hub) = await ImportAsync(site);
        var turns = hub.Turns.Count;

        await ImportStarter.StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(site.Activities());

        Assert.Equal(turns, hub.Turns.Count);
    }

    [Fact]
    public async Task Given_a_finished_import_when_another_instance_works_for_it_then_nothing_changes()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a"]);
        var (task, hub) = await ImportAsync(site);
        var used = await site.UsedAsync();

        hub.TryStart(ImportOrchestration.Name, "again", hub.Turns[0].Request.NewEvents[1].ExecutionStarted.Input);
        await hub.RunAsync(site.Activities());

        Assert.Equal(OrchestrationStatus.Completed, hub.Find("again")!.Status);
        Assert.Equal(task.UpdatedAt, (await site.TaskAsync(task.Id)).UpdatedAt);
        Assert.Equal(used, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_container_that_is_gone_when_its_import_begins_then_the_task_ends_at_once()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        var accepted = await site.AcceptFromLostContainerAsync("src", policyId: 2);
        await using var process = site.Restart();
        var hub = new ReplayHub();
        await ImportStarter.StartAsync(new ReplayClient(hub), accepted);

        await hub.RunAsync(process.Activities());

        var task = await site.TaskAsync(accepted.Id);

        Assert.Equal(WorkflowTaskStatus.Error, task.Status);
        Assert.Equal("The storage policy's container does not exist.", task.Error);
        Assert.Single(hub.Calls, ImportActivities.ImportFolders);
    }

    [Fact]
    public async Task Given_storage_that_is_down_for_some_tries_when_it_is_back_then_the_import_is_exact()
    {
        await using var site = await RunningSite.CreateAsync(azurite);
        await site.PutAsync(["src/a", "src/b/c"]);
        var task = await site.AcceptAsync("src");
        var hub = new ReplayHub();
        await ImportStarter.StartAsync(new ReplayClient(hub), task);
        var isDown = true;
        await using var process = site.Restart(_ => isDown ? StorageFault.Unavailable : StorageFault.None);

        await hub.RunAsync(process.Activities(), () => hub.Calls.Count == 3);
        isDown = false;
        await hub.RunAsync(process.Activities());

        Assert.Equal(4, hub.Calls.Count(c => c == ImportActivities.BeginImport));
        Assert.Equal(WorkflowTaskStatus.Completed, (await site.TaskAsync(task.Id)).Status);
        Assert.Empty((await site.CheckAsync()).All);
    }

    private static async Task<(WorkflowTask Task, ReplayHub Hub)> ImportAsync(RunningSite site)
    {
        var hub = new ReplayHub();
        var task = await site.AcceptAsync("src");
        await ImportStarter.StartAsync(new ReplayClient(hub), task);
        await hub.RunAsync(site.Activities());
        return (await site.TaskAsync(task.Id), hub);
    }
}
