using System.Globalization;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Tasks;
using Cloudreve.EndToEnd.Sites;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>The rows of a site's tasks, also while no process runs.</summary>
internal static class StoredTasks
{
    private const string Status = "status";
    private const string UpdatedAt = "u";

    /// <summary>Reads the state of the task that imports a folder.</summary>
    public static async Task<WorkflowTaskStatus> ReadStatusAsync(Site site, string source) =>
        (WorkflowTaskStatus)(await FindAsync(site, source)).RequiredNumber(Status);

    /// <summary>The orchestration that works for the task that imports a folder.</summary>
    public static async Task<string> FindInstanceIdAsync(Site site, string source) =>
        "import-" + (await FindAsync(site, source)).RequiredNumber("id").ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Makes a task look as though its orchestration had never begun.</summary>
    public static async Task ResetAsync(Site site, string source)
    {
        var row = await FindAsync(site, source);
        row[Status] = (int)WorkflowTaskStatus.Queued;
        row["started"] = null;
        await site.Layout.Tasks.ReplaceAsync(row, row.ETag);
    }

    /// <summary>Makes a task look as though its orchestration had been interrupted, at any point.</summary>
    public static async Task InterruptAsync(Site site, string source)
    {
        var row = await FindAsync(site, source);
        row[Status] = (int)WorkflowTaskStatus.Processing;
        await site.Layout.Tasks.ReplaceAsync(row, row.ETag);
    }

    /// <summary>Makes all tasks look as though nobody had touched them for an hour.</summary>
    public static async Task AgeAsync(Site site)
    {
        foreach (var row in await ListAsync(site))
        {
            row[UpdatedAt] = TimeProvider.System.GetUtcNow().AddHours(-1);
            await site.Layout.Tasks.ReplaceAsync(row, row.ETag);
        }
    }

    private static async Task<Row> FindAsync(Site site, string source) =>
        (await ListAsync(site)).Single(row => row.RequiredText("job").Contains($"\"{source}", StringComparison.Ordinal));

    /// <summary>The tasks themselves, in the partitions of their owners; the index of all tasks names their types, too.</summary>
    private static async Task<List<Row>> ListAsync(Site site) =>
        await site.Layout.Tasks.ScanAsync("PartitionKey ge 'u' and type eq 'import'").ToListAsync();
}
