using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Tasks.Administration;

namespace Cloudreve.Core.Tasks;

/// <summary>Rows of tasks: one partition for each owner, newest first, and an index from id to owner.</summary>
/// <param name="clock">Stamps changes.</param>
public sealed class TaskStore(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The time that tasks that ended stay in their owners' lists.</summary>
    public static readonly TimeSpan EndedAreKept = TimeSpan.FromDays(365);


    /// <summary>Accepts a task: two transactions.</summary>
    /// <param name="task">A queued task with a new id.</param>
    public async Task CreateAsync(WorkflowTask task, CancellationToken cancellationToken = default)
    {
        await layout.Tasks.UpsertAsync(TaskRows.DescribeId(task), cancellationToken);
        await layout.Tasks.UpsertAsync(TaskRows.Describe(task), cancellationToken);
    }

    /// <summary>Accepts a task whose id was noted before, unless an earlier try has: two transactions.</summary>
    /// <param name="task">A queued task.</param>
    internal async Task AddAsync(WorkflowTask task, CancellationToken cancellationToken)
    {
        await layout.Tasks.UpsertAsync(TaskRows.DescribeId(task), cancellationToken);
        try
        {
            await layout.Tasks.InsertAsync(TaskRows.Describe(task), cancellationToken);
        }
        catch (StorageExistsException)
        {
            // It may be at work already.
        }
    }

    /// <summary>Reads a task of a known owner: one transaction; null when there is none.</summary>
    public async Task<WorkflowTask?> FindAsync(long ownerId, long id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Tasks.FindAsync(TaskRows.Partition(ownerId), TaskRows.Key(id), cancellationToken);
        return row is null ? null : TaskRows.Read(row);
    }

    /// <summary>Reads a task whose owner is not known: two transactions; null when there is none.</summary>
    public async Task<WorkflowTask?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var index = await layout.Tasks.FindAsync(TaskRows.IndexPartition(id), FileKeys.Id(id), cancellationToken);
        return index is null ? null : await FindAsync(index.RequiredNumber(TaskRows.Columns.OwnerId), id, cancellationToken);
    }

    /// <summary>Lists a user's tasks, newest first.</summary>
    /// <param name="types">Only tasks of these types; empty for any.</param>
    /// <param name="statuses">Only tasks in these states; empty for any.</param>
    /// <param name="pageSize">At most how many.</param>
    /// <param name="token">The token of the page before; null for the first.</param>
    /// <exception cref="CloudreveException">40001 for an invalid token.</exception>
    public async Task<TaskPage> ListAsync(
        long ownerId, IReadOnlyList<string> types, IReadOnlyList<WorkflowTaskStatus> statuses, int pageSize, string? token, CancellationToken cancellationToken = default)
    {
        string[] conditions = [Any(types.Select(t => $"{TaskRows.Columns.Type} eq '{t}'")), Any(statuses.Select(s => $"{TaskRows.Columns.Status} eq {(int)s}"))];
        var condition = string.Join(" and ", conditions.Where(c => c.Length > 0).Select(c => $"({c})"));
        var range = new RowRange(TaskRows.Partition(ownerId)) { Condition = condition.Length == 0 ? null : condition };
        if (!string.IsNullOrEmpty(token))
            range = range.Behind(CheckToken(token));
        var rows = new List<Row>();
        string? continuation = null;
        do
        {
            var page = await layout.Tasks.QueryPageAsync(range, pageSize + 1 - rows.Count, continuation, cancellationToken);
            rows.AddRange(page.Rows);
            continuation = page.ContinuationToken;
        }
        while (continuation is not null && rows.Count <= pageSize);
        return new TaskPage(
            [.. rows.Take(pageSize).Select(TaskRows.Read)],
            rows.Count > pageSize ? rows[pageSize - 1].RowKey : null);
    }

    /// <summary>All tasks of all users that wait to start, run or are suspended, and have not changed for some time. Scans the table.</summary>
    /// <param name="queuedBefore">Tasks that wait and have not changed since.</param>
    /// <param name="processingBefore">Tasks that run or are suspended and have not changed since.</param>
    public async IAsyncEnumerable<WorkflowTask> ScanStaleAsync(
        DateTimeOffset queuedBefore, DateTimeOffset processingBefore, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var condition = $"({Stale(WorkflowTaskStatus.Queued, queuedBefore)}) or ({Stale(WorkflowTaskStatus.Processing, processingBefore)}) or ({Stale(WorkflowTaskStatus.Suspending, processingBefore)})";
        await foreach (var row in layout.Tasks.ScanAsync(condition, cancellationToken))
            yield return TaskRows.Read(row);
    }

    /// <summary>Removes tasks that ended long ago, with their places in the index. Scans the table; two transactions for each removed task.</summary>
    /// <param name="most">Maximum number; the rest is left to the next call.</param>
    /// <param name="cancellationToken">Cancels the sweep; harmless.</param>
    /// <returns>The number removed.</returns>
    public async Task<int> SweepAsync(int most, CancellationToken cancellationToken = default)
    {
        var removed = 0;
        var before = clock.GetUtcNow() - EndedAreKept;
        WorkflowTaskStatus[] ended = [WorkflowTaskStatus.Completed, WorkflowTaskStatus.Error, WorkflowTaskStatus.Canceled];
        await foreach (var row in layout.Tasks.ScanAsync(Any(ended.Select(status => $"({Stale(status, before)})")), cancellationToken).Take(most))
        {
            // The index first: an interrupted removal is found again by the task's own row.
            var id = row.RequiredNumber(TaskRows.Columns.Id);
            await layout.Tasks.DeleteAsync(TaskRows.IndexPartition(id), FileKeys.Id(id), cancellationToken: cancellationToken);
            await layout.Tasks.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
            removed++;
        }
        return removed;
    }

    /// <summary>
    /// Completes the index, which had only the owner on older sites: one transaction for each 1,000 tasks, two for each that lacks something.
    /// Harmless to repeat.
    /// </summary>
    internal Task CompleteListAsync(CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        layout.Tasks.ScanAsync("PartitionKey ge 'i' and PartitionKey lt 'j'", cancellationToken).Where(row => row.Time(SiteLists.Created) is null),
        ListUpgrade.Writers,
        async (row, token) =>
        {
            // Only a row that still exists: a row that is deleted meanwhile must not be restored.
            if (await FindAsync(row.RequiredNumber(SiteLists.Owner), FileKeys.ParseId(row.RowKey), token) is { } task)
                await layout.Tasks.TryMergeAsync(TaskRows.DescribeId(task), token);
        },
        cancellationToken);

    /// <summary>
    /// Changes a task unless it has ended: one transaction to read, one to write, two more for each competing call.
    /// </summary>
    /// <param name="change">
    /// Builds the new task from the stored one. It may be called again, also on its own result when a response was lost: it sets
    /// values and does not increment them.
    /// </param>
    /// <returns>The task as it is stored now; null when there is none.</returns>
    public async Task<WorkflowTask?> UpdateAsync(
        long ownerId, long id, Func<WorkflowTask, WorkflowTask> change, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var task = await FindAsync(ownerId, id, cancellationToken);
            if (task is null || task.IsTerminal)
                return task;
            var changed = change(task) with { UpdatedAt = clock.GetUtcNow() };
            try
            {
                return changed with { ETag = await layout.Tasks.ReplaceAsync(TaskRows.Describe(changed), task.ETag, cancellationToken) };
            }
            catch (StorageChangedException)
            {
                // A slow attempt at the same step wrote first.
            }
        }
    }

    /// <summary>Removes a task: two transactions. Harmless to repeat; an orchestration that still works for it finds nothing to do.</summary>
    public async Task DeleteAsync(long ownerId, long id, CancellationToken cancellationToken = default)
    {
        // Through the index the task can be found, and deleted again, as long as the other row may exist.
        await layout.Tasks.DeleteAsync(TaskRows.Partition(ownerId), TaskRows.Key(id), cancellationToken: cancellationToken);
        await layout.Tasks.DeleteAsync(TaskRows.IndexPartition(id), FileKeys.Id(id), cancellationToken: cancellationToken);
    }

    /// <summary>All tasks of all users that match a filter, in no order: one transaction for each 1,000.</summary>
    internal IAsyncEnumerable<WorkflowTask> ScanAsync(TaskFilter filter, CancellationToken cancellationToken) => layout.Tasks
        .ScanAsync(
            SiteLists.All("PartitionKey ge 'u' and PartitionKey lt 'v'", ConditionOf(filter), filter.Status is { } status ? $"{TaskRows.Columns.Status} eq {(int)status}" : null),
            cancellationToken)
        .Select(TaskRows.Read);

    /// <summary>The condition of a filter, except for the state, on rows of tasks and of their index; null for none.</summary>
    internal static string? ConditionOf(TaskFilter filter) => SiteLists.All(
        filter.Type is { } type ? $"{TaskRows.Columns.Type} eq '{type.Replace("'", "''", StringComparison.Ordinal)}'" : null,
        filter.OwnerId is { } owner ? SiteLists.Is(TaskRows.Columns.OwnerId, owner) : null);

    /// <summary>Removes the remaining index rows of an owner's tasks: a transaction for each 1,000 tasks of the site. Harmless to repeat.</summary>
    internal Task ClearIndexAsync(long ownerId, CancellationToken cancellationToken) => RowSweep.DeleteAsync(
        layout.Tasks,
        layout.Tasks.ScanAsync($"PartitionKey ge 'i' and PartitionKey lt 'j' and {SiteLists.Is(TaskRows.Columns.OwnerId, ownerId)}", cancellationToken),
        int.MaxValue,
        cancellationToken);

    private static string Stale(WorkflowTaskStatus status, DateTimeOffset before) =>
        $"{TaskRows.Columns.Status} eq {(int)status} and {TaskRows.Columns.UpdatedAt} lt {StoredTime.InCondition(before)}";

    private static string Any(IEnumerable<string> conditions) => string.Join(" or ", conditions);

    private static string CheckToken(string token) =>
        token.Length == 16 && token.All(char.IsAsciiHexDigitLower)
            ? token
            : throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
}
