using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.Import;
using Cloudreve.Core.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.DurableTask.Embedded;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Benchmarks.Import;

/// <summary>What an import took beside time.</summary>
/// <param name="Transactions">Storage transactions of the import itself, by operation.</param>
/// <param name="HubTransactions">Storage transactions of the orchestration.</param>
/// <param name="Activities">Activities that ran.</param>
internal sealed record ImportCounts(IReadOnlyDictionary<string, int> Transactions, long HubTransactions, int Activities);

/// <summary>
/// The standalone app within this process, put together as the executable does it, but with counters: the task hub gets an
/// account object of its own, so that its transactions are counted apart.
/// </summary>
internal sealed class CountingRun(string connectionString, string prefix)
{
    private const int AdminId = 1;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, int> _transactions = new();
    private readonly StorageAccount _hubAccount = new(new StorageAccountOptions { ConnectionString = connectionString });
    private readonly StorageAccount _observerAccount = new(new StorageAccountOptions { ConnectionString = connectionString });
    private int _activities;

    /// <summary>Imports the source and counts.</summary>
    /// <exception cref="BenchmarkException">The import did not bring all files.</exception>
    public async Task<ImportCounts> RunAsync(string source, string destination, int files)
    {
        await using var app = CloudreveApp.Build([], Customize);
        await app.Services.GetRequiredService<SiteBootstrap>().EnsureAsync();
        await app.StartAsync();
        _transactions.Clear();
        var hubBefore = _hubAccount.Transactions.Total;
        var task = await app.Services.GetRequiredService<ImportService>().AcceptAsync(
            new ImportRequest(source, destination, AdminId, PolicyId: 1, Recursive: true, ExtractMediaMeta: false), userHashId: "");
        task = await AwaitEndAsync(task);
        var counts = new ImportCounts(new Dictionary<string, int>(_transactions), _hubAccount.Transactions.Total - hubBefore, _activities);
        await app.StopAsync();
        if (task.Status != WorkflowTaskStatus.Completed || task.Progress["imported"].Current != files)
            throw new BenchmarkException($"The counted import is {task.Status} with {task.Progress["imported"].Current} of {files} files.");
        return counts;
    }

    private async Task<WorkflowTask> AwaitEndAsync(WorkflowTask task)
    {
        // Read through an account object that nobody counts.
        var tasks = new TaskStore(new StorageLayout(_observerAccount, prefix), TimeProvider.System);
        while (!task.IsTerminal)
        {
            await Task.Delay(s_pause);
            task = await tasks.FindAsync(task.OwnerId, task.Id) ?? throw new BenchmarkException("The task is gone.");
        }
        return task;
    }

    private void Customize(WebApplicationBuilder builder)
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AzureWebJobsStorage"] = connectionString,
            ["CLOUDREVE_PREFIX"] = prefix,
            ["CLOUDREVE_PORT"] = "0",
            ["CLOUDREVE_ADMIN_EMAIL"] = AppProcess.AdminEmail,
            ["CLOUDREVE_ADMIN_PASSWORD"] = AppProcess.AdminPassword,
        });
        ((IHostApplicationBuilder)builder).ConfigureContainer(new DefaultServiceProviderFactory(), services =>
        {
            services.Replace(ServiceDescriptor.Singleton(
                new StorageAccount(new StorageAccountOptions { ConnectionString = connectionString, Faults = Count })));
            services.Replace(ServiceDescriptor.Singleton(CreateHub));
        });
    }

    private EmbeddedTaskHub CreateHub(IServiceProvider services)
    {
        var dispatch = services.GetRequiredService<FunctionTaskDispatch>();
        return new EmbeddedTaskHub(
            _hubAccount,
            prefix,
            new TaskHubDispatcher(
                dispatch.RunOrchestratorAsync,
                (name, instanceId, input, cancellationToken) =>
                {
                    Interlocked.Increment(ref _activities);
                    return dispatch.RunActivityAsync(name, instanceId, input, cancellationToken);
                }),
            logger: services.GetRequiredService<ILogger<EmbeddedTaskHub>>());
    }

    private StorageFault Count(StorageCall call)
    {
        if (!IsOfLocalHost(call))
            _transactions.AddOrUpdate($"{call.Service} {call.Method} {call.Resource}", 1, static (_, n) => n + 1);
        return StorageFault.None;
    }

    /// <summary>
    /// What the platform does under a Functions host: polling queues, watching the imports prefix, keeping timers. Its parts begin
    /// side by side with the import, and first make the table and the container that they need.
    /// </summary>
    private bool IsOfLocalHost(StorageCall call) => call.Service switch
    {
        StorageService.Queue => call.Method != "POST",
        StorageService.Blob => call.Method == "PUT" || call.Uri.Query.Contains("prefix=" + StorageLayout.ImportsPrefix.TrimEnd('/'), StringComparison.Ordinal),
        _ => call.Resource == "Tables" || call.Resource == prefix + "localhost",
    };
}
