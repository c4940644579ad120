using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Import;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>A site with its workflows on an embedded hub, in this process.</summary>
internal sealed class RunningSite : IAsyncDisposable
{
    private readonly AzuriteServer _azurite;
    private readonly ServiceProvider _services;
    private readonly EmbeddedDurableTaskClient _client;

    private RunningSite(AzuriteServer azurite, string prefix, Func<StorageCall, StorageFault>? faults, EmbeddedTaskHubOptions? options)
    {
        _azurite = azurite;
        _services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(new StorageLayout(azurite.Connect(faults), prefix))
            .AddSingleton(new BootstrapOptions { AdminEmail = "admin@example.com", AdminPassword = "correct horse" })
            .AddIdentity()
            .AddFileSystem()
            .BuildServiceProvider();
        var registry = WorkflowRegistry.Create();
        Hub = new EmbeddedTaskHub(
            Layout.Account,
            Layout.Prefix,
            TaskHubDispatcher.InProcess(new OrchestratorExecutor(registry), new ActivityExecutor(registry, _services)),
            options);
        _client = new EmbeddedDurableTaskClient(Hub, registry);
    }

    public EmbeddedTaskHub Hub { get; }

    public StorageLayout Layout => Get<StorageLayout>();

    /// <summary>A site whose hub does not run yet.</summary>
    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite)
    {
        var site = new RunningSite(azurite, AzuriteServer.UniqueName()[..12], null, null);
        await site.Get<SiteBootstrap>().EnsureAsync();
        return site;
    }

    public static async Task<RunningSite> StartAsync(AzuriteServer azurite)
    {
        var site = await CreateAsync(azurite);
        await site.Hub.StartAsync();
        return site;
    }

    /// <summary>Another process of the same site, with a hub that does not run yet.</summary>
    public RunningSite Restart(Func<StorageCall, StorageFault>? faults = null, EmbeddedTaskHubOptions? options = null) =>
        new(_azurite, Layout.Prefix, faults, options);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public Task PutAsync(IEnumerable<string> names)
    {
        BlobContainer container = Layout.Container(Layout.FilesContainerName);
        return Parallel.ForEachAsync(names, async (name, token) => await container.WriteAsync(name, BinaryData.FromBytes(new byte[2]), cancellationToken: token));
    }

    public Task<WorkflowTask> AcceptAsync(string source, int policyId = 1, long userId = 1) =>
        Get<ImportService>().AcceptAsync(new ImportRequest(source, "/imported", userId, policyId, Recursive: true, ExtractMediaMeta: false), "");

    public async Task<WorkflowTask> ImportAsync(string source, int policyId = 1)
    {
        var task = await AcceptAsync(source, policyId);
        await RunAsync(task, InstanceId(task));
        return await TaskAsync(task.Id);
    }

    public async Task RunAsync(WorkflowTask task, string instanceId)
    {
        await ScheduleAsync(task, instanceId);
        await _client.WaitForInstanceCompletionAsync(instanceId);
    }

    public Task ScheduleAsync(WorkflowTask task, string instanceId) => Hub.ScheduleAsync(
        ImportService.OrchestratorName, instanceId, $$$"""{"task":{"taskId":{{{task.Id}}},"ownerId":{{{task.OwnerId}}}}}""", CancellationToken.None);

    /// <summary>Waits for the end of an import's orchestration.</summary>
    public Task EndOfAsync(WorkflowTask task) => _client.WaitForInstanceCompletionAsync(InstanceId(task));

    public static string InstanceId(WorkflowTask task) => $"import-{task.Id}";

    public async Task<WorkflowTask> TaskAsync(long id) => (await Get<TaskStore>().FindAsync(id))!;

    public Task<long> UsedAsync(long userId = 1) => Get<QuotaLedger>().GetUsedAsync(userId);

    /// <summary>Compares all rows of the site with each other.</summary>
    public Task<TreeFindings> CheckAsync() => TreeIntegrity.CheckAsync(_azurite.Connect(), Layout.Prefix);

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await _services.DisposeAsync();
    }
}
