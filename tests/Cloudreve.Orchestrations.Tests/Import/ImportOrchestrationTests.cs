using Cloudreve.Core.Import;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Cloudreve.Orchestrations.Tests.Import;

public sealed class ImportOrchestrationTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_an_accepted_import_when_its_orchestration_runs_then_the_task_completes_with_the_whole_tree()
    {
        await using var site = await RunningSite.StartAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 150).Select(i => $"src/d{i % 40:d2}/f{i}"));

        var task = await site.ImportAsync("src");

        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(new TaskProgress(150, 150), task.Progress["imported"]);
        Assert.Equal(new TaskProgress(190, 190), task.Progress["indexed"]);
    }

    [Fact]
    public async Task Given_a_finished_import_when_its_orchestration_is_started_again_then_nothing_happens()
    {
        await using var site = await RunningSite.StartAsync(azurite);
        await site.PutAsync(["src/a"]);
        var task = await site.ImportAsync("src");
        var used = await site.UsedAsync();

        await site.RunAsync(task, "again");

        Assert.Equal(task.UpdatedAt, (await site.TaskAsync(task.Id)).UpdatedAt);
        Assert.Equal(used, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_a_container_that_does_not_exist_when_it_is_imported_then_the_task_ends_with_the_error()
    {
        await using var site = await RunningSite.StartAsync(azurite);
        var catalog = site.Get<SiteCatalog>();
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(1) with { Id = 2, BucketName = "missing" });

        var task = await site.ImportAsync("src", policyId: 2);

        Assert.Equal(WorkflowTaskStatus.Error, task.Status);
        Assert.Contains("container", task.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Given_the_registry_when_it_is_listed_then_the_orchestrator_that_start_messages_name_is_there() =>
        Assert.Contains(ImportService.OrchestratorName, WorkflowRegistry.Create().OrchestratorNames);
}
