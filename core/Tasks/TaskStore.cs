using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    private const string Job = "job";
    private const string Download = "download";
    private const string Deselected = "deselected";
    private const int MaxErrorHistory = 20;
    private const int MaxErrorCharacters = 2_000;

    /// <summary>Accepts a task: two transactions.</summary>
    /// <param name="task">A queued task with a new id.</param>
    public async Task CreateAsync(WorkflowTask task, CancellationToken cancellationToken = default)
    {
        await layout.Tasks.UpsertAsync(DescribeId(task), cancellationToken);
        await layout.Tasks.UpsertAsync(ToRow(task), cancellationToken);
    }

    /// <summary>Reads a task of a known owner: one transaction; null when there is none.</summary>
    public async Task<WorkflowTask?> FindAsync(long ownerId, long id, CancellationToken cancellationToken = default)
    {
        var row = await layout.Tasks.FindAsync(Partition(ownerId), Key(id), cancellationToken);
        return row is null ? null : FromRow(row);
    }

    /// <summary>Reads a task whose owner is not known: two transactions; null when there is none.</summary>
    public async Task<WorkflowTask?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var index = await layout.Tasks.FindAsync(IndexPartition(id), FileKeys.Id(id), cancellationToken);
        return index is null ? null : await FindAsync(index.RequiredNumber(Columns.OwnerId), id, cancellationToken);
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
        string[] conditions = [Any(types.Select(t => $"{Columns.Type} eq '{t}'")), Any(statuses.Select(s => $"{Columns.Status} eq {(int)s}"))];
        var condition = string.Join(" and ", conditions.Where(c => c.Length > 0).Select(c => $"({c})"));
        var range = new RowRange(Partition(ownerId)) { Condition = condition.Length == 0 ? null : condition };
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
            [.. rows.Take(pageSize).Select(FromRow)],
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
            yield return FromRow(row);
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
            var id = row.RequiredNumber(Columns.Id);
            await layout.Tasks.DeleteAsync(IndexPartition(id), FileKeys.Id(id), cancellationToken: cancellationToken);
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
                await layout.Tasks.TryMergeAsync(DescribeId(task), token);
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
                return changed with { ETag = await layout.Tasks.ReplaceAsync(ToRow(changed), task.ETag, cancellationToken) };
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
        await layout.Tasks.DeleteAsync(Partition(ownerId), Key(id), cancellationToken: cancellationToken);
        await layout.Tasks.DeleteAsync(IndexPartition(id), FileKeys.Id(id), cancellationToken: cancellationToken);
    }

    /// <summary>All tasks of all users that match a filter, in no order: one transaction for each 1,000.</summary>
    internal IAsyncEnumerable<WorkflowTask> ScanAsync(TaskFilter filter, CancellationToken cancellationToken) => layout.Tasks
        .ScanAsync(
            SiteLists.All("PartitionKey ge 'u' and PartitionKey lt 'v'", ConditionOf(filter), filter.Status is { } status ? $"{Columns.Status} eq {(int)status}" : null),
            cancellationToken)
        .Select(FromRow);

    /// <summary>The condition of a filter, except for the state, on rows of tasks and of their index; null for none.</summary>
    internal static string? ConditionOf(TaskFilter filter) => SiteLists.All(
        filter.Type is { } type ? $"{Columns.Type} eq '{type.Replace("'", "''", StringComparison.Ordinal)}'" : null,
        filter.OwnerId is { } owner ? SiteLists.Is(Columns.OwnerId, owner) : null);

    /// <summary>Removes the remaining index rows of an owner's tasks: a transaction for each 1,000 tasks of the site. Harmless to repeat.</summary>
    internal Task ClearIndexAsync(long ownerId, CancellationToken cancellationToken) => RowSweep.DeleteAsync(
        layout.Tasks,
        layout.Tasks.ScanAsync($"PartitionKey ge 'i' and PartitionKey lt 'j' and {SiteLists.Is(Columns.OwnerId, ownerId)}", cancellationToken),
        int.MaxValue,
        cancellationToken);

    private static string Stale(WorkflowTaskStatus status, DateTimeOffset before) =>
        $"{Columns.Status} eq {(int)status} and {Columns.UpdatedAt} lt {StoredTime.InCondition(before)}";

    private static string Any(IEnumerable<string> conditions) => string.Join(" or ", conditions);

    private static string CheckToken(string token) =>
        token.Length == 16 && token.All(char.IsAsciiHexDigitLower)
            ? token
            : throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");

    private static string Partition(long ownerId) => "u" + ownerId.ToString("x", CultureInfo.InvariantCulture);

    private static Row DescribeId(WorkflowTask task) => new(IndexPartition(task.Id), FileKeys.Id(task.Id))
    {
        [SiteLists.Owner] = task.OwnerId,
        [Columns.Type] = task.Type,
        [SiteLists.Created] = task.CreatedAt,
    };

    private static string IndexPartition(long id) => "i" + FileKeys.IdBlock(id);

    // Newest first: later ids have smaller keys.
    private static string Key(long id) => (long.MaxValue - id).ToString("x16", CultureInfo.InvariantCulture);

    private static Row ToRow(WorkflowTask task)
    {
        var row = DescribeState(task);
        // Names folders by their paths.
        LongText.Write(row, Job, task.Job);
        if (task.Download is { } download)
            LongText.Write(row, Download, JsonSerializer.Serialize(download, TaskJson.Default.DownloadStatus));
        if (task.Deselected.Count > 0)
            LongText.Write(row, Deselected, JsonSerializer.Serialize([.. task.Deselected], TaskJson.Default.Int32Array));
        return row;
    }

    private static Row DescribeState(WorkflowTask task) => new(Partition(task.OwnerId), Key(task.Id))
    {
        [Columns.Id] = task.Id,
        [Columns.OwnerId] = task.OwnerId,
        [Columns.Type] = task.Type,
        [Columns.Status] = (int)task.Status,
        [Columns.CreatedAt] = task.CreatedAt,
        [Columns.UpdatedAt] = task.UpdatedAt,
        [Columns.StartedAt] = task.StartedAt,
        [Columns.SuspendedAt] = task.SuspendedAt,
        [Columns.Waited] = task.Waited == TimeSpan.Zero ? null : task.Waited.Ticks,
        [Columns.Phase] = task.Phase,
        [Columns.Failed] = task.Failed,
        [Columns.Error] = task.Error is { } error ? Cut(error) : null,
        [Columns.Errors] = Serialize(task.ErrorHistory),
        [Columns.Progress] = JsonSerializer.Serialize(task.Progress.ToDictionary(), TaskJson.Default.DictionaryStringTaskProgress),
        [Columns.Counts] = task.Counts.Count == 0 ? null : JsonSerializer.Serialize(task.Counts.ToDictionary(), TaskJson.Default.DictionaryStringInt64),
        [Columns.IsClosing] = task.IsClosing ? true : null,
        [Columns.RetryCount] = task.RetryCount == 0 ? null : task.RetryCount,
        [Columns.ResumeTime] = task.ResumeTime,
        [Columns.IsCanceled] = task.IsCanceled ? true : null,
    };

    /// <summary>The first errors, as many as one property holds: JSON may write six characters for one of a path.</summary>
    private static string? Serialize(IReadOnlyList<string> errors)
    {
        for (var count = Math.Min(errors.Count, MaxErrorHistory); count > 0; count--)
        {
            var json = JsonSerializer.Serialize([.. errors.Take(count).Select(Cut)], TaskJson.Default.StringArray);
            if (json.Length <= AzureLimits.StringCharacters)
                return json;
        }
        return null;
    }

    private static string Cut(string error) => error.Length <= MaxErrorCharacters ? error : error[..MaxErrorCharacters];

    private static WorkflowTask FromRow(Row row) => new()
    {
        Id = row.RequiredNumber(Columns.Id),
        OwnerId = row.RequiredNumber(Columns.OwnerId),
        Type = row.RequiredText(Columns.Type),
        Status = (WorkflowTaskStatus)row.RequiredNumber(Columns.Status),
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        UpdatedAt = row.Time(Columns.UpdatedAt) ?? default,
        StartedAt = row.Time(Columns.StartedAt),
        SuspendedAt = row.Time(Columns.SuspendedAt),
        Waited = TimeSpan.FromTicks(row.Number(Columns.Waited) ?? 0),
        Phase = row.Text(Columns.Phase) ?? "",
        Job = LongText.Read(row, Job) ?? row.RequiredText(Job),
        Failed = row.Number(Columns.Failed) ?? 0,
        Error = row.Text(Columns.Error),
        ErrorHistory = row.Text(Columns.Errors) is { } errors ? JsonSerializer.Deserialize(errors, TaskJson.Default.StringArray) ?? [] : [],
        Progress = row.Text(Columns.Progress) is { } progress
            ? JsonSerializer.Deserialize(progress, TaskJson.Default.DictionaryStringTaskProgress) ?? []
            : new Dictionary<string, TaskProgress>(),
        Counts = row.Text(Columns.Counts) is { } counts
            ? JsonSerializer.Deserialize(counts, TaskJson.Default.DictionaryStringInt64) ?? []
            : new Dictionary<string, long>(),
        IsClosing = row.Flag(Columns.IsClosing),
        RetryCount = (int)(row.Number(Columns.RetryCount) ?? 0),
        ResumeTime = row.Time(Columns.ResumeTime),
        IsCanceled = row.Flag(Columns.IsCanceled),
        Download = LongText.Read(row, Download) is { } download ? JsonSerializer.Deserialize(download, TaskJson.Default.DownloadStatus) : null,
        Deselected = LongText.Read(row, Deselected) is { } deselected ? JsonSerializer.Deserialize(deselected, TaskJson.Default.Int32Array) ?? [] : [],
        ETag = row.ETag,
    };

    private static class Columns
    {
        public const string Type = "type";
        public const string Id = "id";
        public const string OwnerId = "o";
        public const string Status = "status";
        public const string CreatedAt = "c";
        public const string UpdatedAt = "u";
        public const string StartedAt = "started";
        public const string SuspendedAt = "suspended";
        public const string Waited = "waited";
        public const string Phase = "phase";
        public const string Failed = "failed";
        public const string Error = "error";
        public const string Errors = "errors";
        public const string Progress = "progress";
        public const string Counts = "counts";
        public const string IsClosing = "closing";
        public const string RetryCount = "retries";
        public const string ResumeTime = "resume";
        public const string IsCanceled = "cancel";
    }
}

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(DownloadStatus))]
[JsonSerializable(typeof(Dictionary<string, TaskProgress>))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class TaskJson : JsonSerializerContext;
