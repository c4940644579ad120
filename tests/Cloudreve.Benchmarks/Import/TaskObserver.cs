using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Benchmarks.Import;

/// <summary>Reads the administrator's newest task where it is stored, so that no requests of the app are counted.</summary>
internal sealed class TaskObserver(StorageAccount account, string prefix)
{
    private const int AdminId = 1;
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(100);

    private readonly TaskStore _tasks = new(new StorageLayout(account, prefix), TimeProvider.System);

    /// <summary>Waits until the task has ended.</summary>
    /// <returns>The final status, and the number of imported files.</returns>
    public async Task<(WorkflowTaskStatus Status, long Imported)> AwaitEndAsync()
    {
        while (true)
        {
            if (await FindNewestAsync() is { IsTerminal: true } task)
                return (task.Status, task.Progress.TryGetValue("imported", out var imported) ? imported.Current : 0);
            await Task.Delay(s_pollInterval);
        }
    }

    private async Task<WorkflowTask?> FindNewestAsync()
    {
        try
        {
            return (await _tasks.ListAsync(AdminId, [], [], 1, null)).Tasks is [var newest, ..] ? newest : null;
        }
        catch (StorageUnavailableException)
        {
            // An emulator with large tables leaves requests without an answer for many seconds; the import itself tries again, too.
            return null;
        }
    }
}
