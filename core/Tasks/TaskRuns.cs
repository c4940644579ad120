using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Tasks;

/// <summary>
/// The life of a task from its acceptance to its end (contract, section 18). Every method that names a task may be called again after a crash.
/// </summary>
/// <param name="settings">Sets the number of restarts of a task.</param>
/// <param name="clock">Determines what time it is.</param>
public sealed class TaskRuns(TaskStore tasks, IdAllocator ids, SettingStore settings, TimeProvider clock)
{
    /// <summary>Maximum number of item errors that a task lists.</summary>
    public const int MaxErrors = 20;

    private const string LostReason = "The task was interrupted and could not continue. Start it again.";

    /// <summary>Accepts a task: two transactions. Its orchestration is started by the caller.</summary>
    /// <param name="job">What is to be done, as the type's own JSON.</param>
    /// <returns>The queued task.</returns>
    internal async Task<WorkflowTask> AcceptAsync(long ownerId, string type, string job, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var task = new WorkflowTask
        {
            Id = await ids.NextAsync(IdKind.Task, cancellationToken),
            OwnerId = ownerId,
            Type = type,
            CreatedAt = now,
            UpdatedAt = now,
            Job = job,
        };
        await tasks.CreateAsync(task, cancellationToken);
        return task;
    }

    /// <summary>Moves a task from queued or suspended to processing: one transaction, two when that changes it.</summary>
    /// <returns>The task; null when it does not exist, has ended or is about to end: there is nothing to do.</returns>
    /// <exception cref="CloudreveException">The task has exceeded the maximum time.</exception>
    public async Task<WorkflowTask?> BeginAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        if (await tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsAtWork: true } task)
            return null;
        var now = clock.GetUtcNow();
        var site = await settings.GetAsync(cancellationToken);
        if (task.DurationAt(now) > TaskQueue.Of(site, task.Type).Execution)
            throw new CloudreveException(ErrorCode.UnsetError, "The task took longer than the site allows.");
        if (task.Status == WorkflowTaskStatus.Processing)
            return task;
        var begun = await tasks.UpdateAsync(
            task.OwnerId,
            task.Id,
            t => t.Awakened(now) with { Status = WorkflowTaskStatus.Processing, StartedAt = t.StartedAt ?? now },
            cancellationToken);
        return begun is { IsAtWork: true } ? begun : null;
    }

    /// <summary>Suspends a task that failed, to be restarted later: two transactions.</summary>
    /// <param name="failures">Number of failures since it last made progress, this one included.</param>
    /// <param name="count">Total number of failures, this one included.</param>
    /// <param name="error">The error message, for its owner.</param>
    /// <returns>The time of its restart; null when it has no retry left or has ended.</returns>
    public async Task<DateTimeOffset?> SuspendAsync(
        TaskReference reference, int failures, int count, string error, CancellationToken cancellationToken = default)
    {
        var (site, now) = (await settings.GetAsync(cancellationToken), clock.GetUtcNow());
        var canResume = true;
        var task = await tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            t =>
            {
                var queue = TaskQueue.Of(site, t.Type);
                canResume = t.IsAtWork && failures <= queue.Retries;
                return !canResume || t.RetryCount >= count ? t : t with
                {
                    Status = WorkflowTaskStatus.Suspending,
                    SuspendedAt = t.SuspendedAt ?? now,
                    RetryCount = count,
                    ResumeTime = now + queue.DelayAfter(failures),
                    ErrorHistory = [.. t.ErrorHistory, error],
                };
            },
            cancellationToken);
        return canResume && task is { IsAtWork: true } ? task.ResumeTime ?? now : null;
    }

    /// <summary>Keeps further parts of a task from starting, since its orchestration is gone: two transactions.</summary>
    public Task CloseAsync(TaskReference reference, CancellationToken cancellationToken = default) =>
        tasks.UpdateAsync(reference.OwnerId, reference.TaskId, static t => t with { IsClosing = true }, cancellationToken);

    /// <summary>Ends a task: two transactions. One that was closed ends with an error, one that was canceled without, unless all of its work is done.</summary>
    /// <param name="error">The error that ended it early; null for none.</param>
    /// <param name="isDone">True if all of its work is done, whatever happened afterwards.</param>
    public Task EndAsync(TaskReference reference, string? error, bool isDone = false, CancellationToken cancellationToken = default) => tasks.UpdateAsync(
        reference.OwnerId,
        reference.TaskId,
        t =>
        {
            if (t.IsCanceled && !isDone)
                return t.Awakened(clock.GetUtcNow()) with { Status = WorkflowTaskStatus.Canceled, Error = null };
            var reason = isDone ? null : error ?? (t.IsClosing ? LostReason : null);
            return t.Awakened(clock.GetUtcNow()) with { Status = reason is null ? WorkflowTaskStatus.Completed : WorkflowTaskStatus.Error, Error = reason };
        },
        cancellationToken);

    /// <summary>Writes the progress of a task: two transactions. Nothing changes once it has ended.</summary>
    /// <param name="phase">The step that runs.</param>
    /// <param name="progress">Progress by the names that clients know.</param>
    /// <param name="failures">Items that failed.</param>
    internal Task ReportAsync(
        TaskReference reference, string phase, IReadOnlyDictionary<string, TaskProgress> progress, ItemFailures failures, CancellationToken cancellationToken = default) =>
        tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            t => t with
            {
                Phase = phase,
                Progress = progress,
                Failed = failures.Count,
                // Failures of items follow those of earlier tries, of which there is one for each retry.
                ErrorHistory = [.. t.ErrorHistory.Take(t.RetryCount), .. failures.First],
            },
            cancellationToken);

    /// <summary>Writes the progress of a download: two transactions. Nothing changes once it has ended.</summary>
    /// <param name="phase">The step that runs.</param>
    /// <param name="download">The progress.</param>
    /// <param name="progress">Progress of the transfer into the drive, by the names that clients know.</param>
    /// <param name="failed">Number of files that could not be stored.</param>
    /// <returns>The task, with what its owner wants by now; null when it does not exist.</returns>
    public Task<WorkflowTask?> ReportDownloadAsync(
        TaskReference reference, string phase, DownloadStatus download, IReadOnlyDictionary<string, TaskProgress> progress, long failed,
        CancellationToken cancellationToken = default) =>
        tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            t => t with { Phase = phase, Download = download, Progress = progress, Failed = failed },
            cancellationToken);
}

/// <summary>Items of a task that failed.</summary>
/// <param name="Count">Their number.</param>
/// <param name="First">The first of them, with reasons for the task's owner.</param>
internal sealed record ItemFailures(long Count, IReadOnlyList<string> First)
{
    private const int MaxItemCharacters = 500;

    /// <summary>None.</summary>
    public static ItemFailures None { get; } = new(0, []);

    /// <summary>With another one.</summary>
    /// <param name="reason">Why it failed.</param>
    public ItemFailures Add(string item, string reason) =>
        new(Count + 1, First.Count < TaskRuns.MaxErrors ? [.. First, $"{Cut(item)}: {reason}"] : First);

    /// <summary>The end of a long path, which is its informative part.</summary>
    private static string Cut(string item) => item.Length <= MaxItemCharacters ? item : "..." + item[^MaxItemCharacters..];
}
