using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Tasks.Administration;

/// <summary>Selects the tasks of a list; null for all.</summary>
/// <param name="Type">The type of the task.</param>
/// <param name="Status">Its state.</param>
/// <param name="OwnerId">The user who sees it.</param>
public sealed record TaskFilter(string? Type = null, WorkflowTaskStatus? Status = null, long? OwnerId = null);

/// <summary>Operations of administrators on the tasks of all users (contract, section 24).</summary>
/// <param name="lists">Their order.</param>
/// <param name="clock">Ends long runs.</param>
public sealed class TaskAdministration(TaskStore tasks, SiteLists lists, TimeProvider clock)
{
    private static readonly TimeSpan s_cleanupTime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A page of tasks. In order of id, by type and owner, it costs what <see cref="NumberedRows"/> does, and a transaction for each task of
    /// the page; a state, or another order, a transaction for each 1,000 tasks.
    /// </summary>
    /// <param name="filter">Selects the tasks.</param>
    /// <param name="byTime">True to sort by time of creation; otherwise by id.</param>
    /// <param name="mostSorted">Maximum number that may be sorted.</param>
    /// <exception cref="CloudreveException">40001: there are too many to be sorted.</exception>
    public async Task<NumberedItems<WorkflowTask>> ListAsync(
        ListWindow page, TaskFilter filter, bool byTime, long mostSorted, CancellationToken cancellationToken = default)
    {
        if (byTime || filter.Status is not null)
        {
            var found = await SortedRows.GatherAsync(tasks.ScanAsync(filter, cancellationToken), mostSorted, cancellationToken);
            return byTime
                ? SortedRows.Take(found, page, task => task.CreatedAt, task => task.Id)
                : SortedRows.Take(found, page, task => task.Id, task => task.Id);
        }
        var rows = await lists.Tasks.ListAsync(page, TaskStore.ConditionOf(filter), cancellationToken);
        return rows.With<WorkflowTask>(await SortedRows.ReadAsync(
            rows.Items,
            (row, token) => tasks.FindAsync(row.RequiredNumber(SiteLists.Owner), FileKeys.ParseId(row.RowKey), token),
            cancellationToken));
    }

    /// <summary>A task. Two transactions.</summary>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async Task<WorkflowTask> GetAsync(long id, CancellationToken cancellationToken = default) =>
        await tasks.FindAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.NotFound, "The task does not exist.");

    /// <summary>Deletes a task that has ended. Four transactions.</summary>
    /// <exception cref="CloudreveException">404: there is none; 409: it has not ended.</exception>
    public async Task DeleteAsync(long id, CancellationToken cancellationToken = default)
    {
        var task = await GetAsync(id, cancellationToken);
        // Its resources would never be released.
        if (!task.IsTerminal)
            throw new CloudreveException(ErrorCode.Conflict, "The task has not ended yet.");
        await tasks.DeleteAsync(task.OwnerId, id, cancellationToken);
    }

    /// <summary>
    /// Deletes tasks that have ended and were created before a time: a transaction for each 1,000 tasks, and two for each that is deleted. After a
    /// minute the rest is left to the next call.
    /// </summary>
    /// <param name="notAfter">The time.</param>
    /// <param name="types">Their types; empty for any.</param>
    /// <param name="statuses">Their states; empty for all final states.</param>
    /// <exception cref="CloudreveException">40001: a state is not final.</exception>
    public async Task CleanUpAsync(
        DateTimeOffset notAfter, IReadOnlyCollection<string> types, IReadOnlyCollection<WorkflowTaskStatus> statuses, CancellationToken cancellationToken = default)
    {
        if (statuses.Any(status => status is WorkflowTaskStatus.Queued or WorkflowTaskStatus.Processing or WorkflowTaskStatus.Suspending))
            throw new CloudreveException(ErrorCode.BadParameter, "Only tasks that have ended can be cleaned up.");
        var start = clock.GetTimestamp();
        await foreach (var task in tasks.ScanAsync(new TaskFilter(), cancellationToken))
        {
            if (clock.GetElapsedTime(start) > s_cleanupTime)
                return;
            if (task.IsTerminal && task.CreatedAt <= notAfter && (types.Count == 0 || types.Contains(task.Type)) && (statuses.Count == 0 || statuses.Contains(task.Status)))
                await tasks.DeleteAsync(task.OwnerId, task.Id, cancellationToken);
        }
    }
}
