using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
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
    private readonly Action<IServiceCollection>? _configure;

    private RunningSite(
        AzuriteServer azurite, string prefix, FakeTimeProvider clock, Func<StorageCall, StorageFault>? faults, Action<IServiceCollection>? configure)
    {
        _azurite = azurite;
        _configure = configure;
        Clock = clock;
        var services = new ServiceCollection();
        configure?.Invoke(services);
        _services = services
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

    public static async Task<RunningSite> CreateAsync(AzuriteServer azurite, Action<IServiceCollection>? configure = null)
    {
        var site = new RunningSite(azurite, AzuriteServer.UniqueName()[..12], new FakeTimeProvider(DateTimeOffset.UtcNow), null, configure);
        await site.Get<SiteBootstrap>().EnsureAsync();
        return site;
    }

    /// <summary>The prefix that the site's processes share in the storage account.</summary>
    public string Prefix => Layout.Prefix;

    /// <summary>Another process of the same site: nothing cached, and faults of its own.</summary>
    public RunningSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(_azurite, Layout.Prefix, Clock, faults, _configure);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Runs the activities in this process.</summary>
    public ReplayProcess Activities(Func<bool>? isDead = null) => new(_services, isDead);

    /// <summary>Accepts an import from a container that is gone when the import begins.</summary>
    public async Task<WorkflowTask> AcceptFromLostContainerAsync(string source, int policyId)
    {
        await PutAsync([source + "/a"]);
        var catalog = Get<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1) with { Id = policyId };
        await catalog.SavePolicyAsync(policy);
        var task = await AcceptAsync(source, policyId);
        await catalog.SavePolicyAsync(policy with { BucketName = "missing" });
        return task;
    }

    public Task PutAsync(IEnumerable<string> names)
    {
        BlobContainer container = Layout.Container(Layout.FilesContainerName);
        return Parallel.ForEachAsync(names, async (name, token) => await container.WriteAsync(name, BinaryData.FromBytes(new byte[2]), cancellationToken: token));
    }

    public Task<WorkflowTask> AcceptAsync(string source, int policyId = 1, long userId = 1, string destination = "/imported") =>
        Get<ImportService>().AcceptAsync(new ImportRequest(source, destination, userId, policyId, Recursive: true), "");

    /// <summary>The site's administrator.</summary>
    public async Task<Caller> AdminAsync()
    {
        var user = (await Get<UserStore>().FindAsync(1))!;
        return new Caller(user, await Get<SiteCatalog>().GetGroupAsync(user.GroupId));
    }

    /// <summary>Writes a file into the administrator's drive.</summary>
    public async Task<FileRecord> WriteAsync(string path, byte[] content)
    {
        using var stream = new MemoryStream(content);
        return await Get<FileContentWriter>().WriteAsync(await AdminAsync(), new ContentRequest(FilePath.ParsePlain(path), content.Length), stream);
    }

    /// <summary>Reads a file of the administrator's drive; null when there is none.</summary>
    public async Task<byte[]?> ReadAsync(string path)
    {
        if (await Get<EntriesByPath>().FindAsync(1, FilePath.ParsePlain(path)) is not { } file)
            return null;
        if (file.PrimaryEntityId == 0)
            return [];
        var blob = await Get<EntityReader>().OpenAsync((await Get<EntityStore>().FindAsync(file.PrimaryEntityId))!);
        await using var content = blob.Content;
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy);
        return copy.ToArray();
    }

    public async Task<WorkflowTask> TaskAsync(long id) => (await Get<TaskStore>().FindAsync(id))!;

    public Task<long> UsedAsync(long userId = 1) => Get<QuotaLedger>().GetUsedAsync(userId);

    /// <summary>Compares all rows of the site with each other.</summary>
    public Task<TreeFindings> CheckAsync() => TreeIntegrity.CheckAsync(_azurite.Connect(), Layout.Prefix);

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();
}
