using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
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

    /// <summary>A site with its workflows on an embedded hub, in this process.</summary>
    private sealed class RunningSite : IAsyncDisposable
    {
        private readonly ServiceProvider _services;
        private readonly EmbeddedTaskHub _hub;
        private readonly EmbeddedDurableTaskClient _client;

        private RunningSite(ServiceProvider services)
        {
            _services = services;
            var registry = WorkflowRegistry.Create();
            _hub = new EmbeddedTaskHub(
                Get<StorageLayout>().Account,
                Get<StorageLayout>().Prefix,
                TaskHubDispatcher.InProcess(new OrchestratorExecutor(registry), new ActivityExecutor(registry, services)));
            _client = new EmbeddedDurableTaskClient(_hub, registry);
        }

        public static async Task<RunningSite> StartAsync(AzuriteServer azurite)
        {
            var services = new ServiceCollection()
                .AddSingleton(TimeProvider.System)
                .AddSingleton(new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName()[..12]))
                .AddSingleton(new BootstrapOptions { AdminEmail = "admin@example.com", AdminPassword = "correct horse" })
                .AddIdentity()
                .AddFileSystem()
                .BuildServiceProvider();
            await services.GetRequiredService<SiteBootstrap>().EnsureAsync();
            var site = new RunningSite(services);
            await site._hub.StartAsync();
            return site;
        }

        public T Get<T>()
            where T : notnull => _services.GetRequiredService<T>();

        public Task PutAsync(IEnumerable<string> names)
        {
            BlobContainer container = Get<StorageLayout>().Container(Get<StorageLayout>().FilesContainerName);
            return Parallel.ForEachAsync(names, async (name, token) => await container.WriteAsync(name, BinaryData.FromBytes(new byte[2]), cancellationToken: token));
        }

        public async Task<WorkflowTask> ImportAsync(string source, int policyId = 1)
        {
            var task = await Get<ImportService>().AcceptAsync(new ImportRequest(source, "/imported", 1, policyId, Recursive: true, ExtractMediaMeta: false), "");
            await RunAsync(task, $"import-{task.Id}");
            return await TaskAsync(task.Id);
        }

        public async Task RunAsync(WorkflowTask task, string instanceId)
        {
            await _hub.ScheduleAsync(
                ImportService.OrchestratorName, instanceId, $$$"""{"task":{"taskId":{{{task.Id}}},"ownerId":{{{task.OwnerId}}}}}""", CancellationToken.None);
            await _client.WaitForInstanceCompletionAsync(instanceId);
        }

        public async Task<WorkflowTask> TaskAsync(long id) => (await Get<TaskStore>().FindAsync(1, id))!;

        public Task<long> UsedAsync() => Get<QuotaLedger>().GetUsedAsync(1);

        public async ValueTask DisposeAsync()
        {
            await _hub.DisposeAsync();
            await _services.DisposeAsync();
        }
    }
}
