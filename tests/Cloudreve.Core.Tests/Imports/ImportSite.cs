using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Tasks;
using Cloudreve.Core.Tests.Content.Integrity;
using Cloudreve.Core.Tests.Drive;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Core.Tests.Imports;

/// <summary>A bootstrapped site on the emulator, and a stand-in for the orchestrator that runs imports step by step.</summary>
internal sealed class ImportSite : IRestartable<ImportSite>
{
    public const long AdminId = 1;

    private readonly AzuriteServer _azurite;
    private readonly string _prefix;
    private readonly ServiceProvider _services;

    private ImportSite(AzuriteServer azurite, string prefix, Func<StorageCall, StorageFault>? faults, TimeProvider clock)
    {
        _azurite = azurite;
        _prefix = prefix;
        Account = azurite.Connect(faults);
        _services = new ServiceCollection()
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddSingleton(clock)
            .AddSingleton(new StorageLayout(Account, prefix))
            .AddSingleton(new BootstrapOptions { AdminEmail = "admin@example.com", AdminPassword = "correct horse" })
            .AddCore()
            .BuildServiceProvider();
    }

    public StorageAccount Account { get; }

    public StorageLayout Layout => Get<StorageLayout>();

    public ImportService Imports => Get<ImportService>();

    public TreeParts Tree => TreeParts.Of(_services);

    public BlobContainer Container => Layout.Container(Layout.FilesContainerName);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static async Task<ImportSite> CreateAsync(AzuriteServer azurite)
    {
        var site = new ImportSite(azurite, AzuriteServer.UniqueName()[..12], null, TimeProvider.System);
        await site.Get<SiteBootstrap>().EnsureAsync();
        return site;
    }

    /// <summary>Another process of the same site: nothing cached, and faults of its own.</summary>
    public ImportSite Restart(Func<StorageCall, StorageFault>? faults = null) => new(_azurite, _prefix, faults, TimeProvider.System);

    /// <summary>Another process of the same site with faults and a clock of its own.</summary>
    public ImportSite Restart(Func<StorageCall, StorageFault> faults, TimeProvider clock) => new(_azurite, _prefix, faults, clock);

    /// <summary>Another process of the same site with a clock of its own.</summary>
    public ImportSite Restart(TimeProvider clock) => new(_azurite, _prefix, null, clock);

    public Task PutAsync(params string[] names) => PutAsync(names.Select(n => (n, n.Length)));

    public Task PutAsync(params IEnumerable<(string Name, int Size)> blobs) => BoundedParallel.ForEachAsync(
        blobs,
        8,
        (blob, token) => Container.WriteAsync(blob.Name, BinaryData.FromBytes(new byte[blob.Size]), cancellationToken: token));

    public async Task<ImportTaskReference> AcceptAsync(string source, string destination = "/imported", bool recursive = true, long userId = AdminId)
    {
        var task = await Imports.AcceptAsync(new ImportRequest(source, destination, userId, 1, recursive), "");
        return new ImportTaskReference(task.Id, task.OwnerId);
    }

    public async Task<WorkflowTask> ImportAsync(string source, string destination = "/imported", bool recursive = true, long userId = AdminId)
    {
        var reference = await AcceptAsync(source, destination, recursive, userId);
        await RunAsync(reference);
        return await TaskAsync(reference);
    }

    /// <summary>Runs the steps of the orchestrator, from the start or from where a crash left off.</summary>
    public async Task RunAsync(ImportTaskReference reference)
    {
        var totals = ImportTotals.Zero;
        IReadOnlyList<ImportFailure> failures = [];
        if (!await Imports.BeginAsync(reference))
            return;
        for (var round = 0; ; round++)
        {
            var groups = await Imports.ClaimAsync(reference, round, totals, failures);
            if (groups.Count == 0)
                break;
            var results = await Task.WhenAll(groups.Select(g => Imports.RunGroupAsync(reference, g)));
            totals = results.Aggregate(totals, (sum, r) => sum.Add(r.Totals));
            failures = [.. failures.Concat(results.SelectMany(r => r.Failures))];
        }
        await Imports.FinishAsync(reference, failures, null);
    }

    public async Task<WorkflowTask> TaskAsync(ImportTaskReference reference) =>
        await Get<TaskStore>().FindAsync(reference.OwnerId, reference.TaskId) ?? throw new InvalidOperationException("The task is gone.");

    public Task<long> UsedAsync(long userId = AdminId) => Get<QuotaLedger>().GetUsedAsync(userId);

    /// <summary>Every file below a folder: path within it, size, and the blob that it refers to.</summary>
    public async Task<Dictionary<string, (long Size, string Source)>> TreeAsync(string folder = "/imported", long userId = AdminId)
    {
        var files = new Dictionary<string, (long, string)>();
        if (await Tree.ByPath.FindFolderIdAsync(userId, FilePath.ParsePlain(folder)) is { } id)
            await WalkAsync(id, "", files);
        return files;
    }

    public async Task<List<ImportFailure>> FailuresAsync(ImportTaskReference reference)
    {
        var failures = new List<ImportFailure>();
        await foreach (var failure in Imports.ReadFailuresAsync(reference.TaskId))
            failures.Add(failure);
        return failures;
    }

    /// <summary>Finds inconsistencies among all rows of the site.</summary>
    public Task<TreeFindings> CheckAsync() => Findings.GatherAsync(_azurite.Connect(), _prefix, Get<SiteIntegrity>());

    private async Task WalkAsync(long folderId, string path, Dictionary<string, (long Size, string Source)> files)
    {
        string? token = null;
        do
        {
            var page = await Get<FolderListing>().ListAsync(folderId, FileOrder.Name, descending: false, 1000, token);
            foreach (var entry in page.Entries)
            {
                if (entry.Type == FileType.Folder)
                {
                    files.Add(path + entry.Name + "/", (0, ""));
                    await WalkAsync(entry.Id, path + entry.Name + "/", files);
                    continue;
                }
                var entity = await Get<EntityStore>().FindAsync(entry.PrimaryEntityId);
                files.Add(path + entry.Name, (entry.Size, entity?.Source ?? "missing"));
            }
            token = page.NextToken;
        }
        while (token is not null);
    }
}
