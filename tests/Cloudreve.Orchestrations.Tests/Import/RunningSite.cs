using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>A process of a site with its workflows.</summary>
internal sealed class RunningSite : IAsyncDisposable
{
    private readonly AzuriteServer _azurite;
    private readonly ServiceProvider _services;

    private RunningSite(AzuriteServer azurite, string prefix, FakeTimeProvider clock, Func<StorageCall, StorageFault>? faults)
    {
        _azurite = azurite;
        Clock = clock;
        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton(new StorageLayout(azurite.Connect(faults), prefix))
            .AddSingleton(new BootstrapOptions { AdminEmail = "admin@example.com", AdminPassword = "correct horse" })
            .AddCore()
            .AddOrchestrations()
            .BuildServiceProvider();
    }

    /// <summary>The clock of all processes of the site.</summary>
    public FakeTimeProvider Clock { get; }

    public StorageLayout Layout => Get<StorageLayout>();

    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite)
    {
        var site = new RunningSite(azurite, AzuriteServer.UniqueName()[..12], new FakeTimeProvider(DateTimeOffset.UtcNow), null);
        await site.Get<SiteBootstrap>().EnsureAsync();
        return site;
    }

    /// <summary>What the processes of the site share in the storage account.</summary>
    public string Prefix => Layout.Prefix;

    /// <summary>Another process of the same site: nothing cached, and faults of its own.</summary>
    public RunningSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(_azurite, Layout.Prefix, Clock, faults);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>What runs the activities in this process.</summary>
    public ReplayProcess Activities(Func<bool>? isDead = null) => new(_services, isDead);

    public Task PutAsync(IEnumerable<string> names)
    {
        BlobContainer container = Layout.Container(Layout.FilesContainerName);
        return Parallel.ForEachAsync(names, async (name, token) => await container.WriteAsync(name, BinaryData.FromBytes(new byte[2]), cancellationToken: token));
    }

    public Task<WorkflowTask> AcceptAsync(string source, int policyId = 1, long userId = 1, string destination = "/imported") =>
        Get<ImportService>().AcceptAsync(new ImportRequest(source, destination, userId, policyId, Recursive: true), "");

    public async Task<WorkflowTask> TaskAsync(long id) => (await Get<TaskStore>().FindAsync(id))!;

    public Task<long> UsedAsync(long userId = 1) => Get<QuotaLedger>().GetUsedAsync(userId);

    /// <summary>Compares all rows of the site with each other.</summary>
    public Task<TreeFindings> CheckAsync() => TreeIntegrity.CheckAsync(_azurite.Connect(), Layout.Prefix);

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}
