using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Torrents;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>Downloads files from other sites into drives (contract, section 19.3). Every method may be called again after a crash.</summary>
public sealed class RemoteDownload
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "remote_download";

    /// <summary>The phase in which files can be selected.</summary>
    public const string Monitoring = "monitor";

    internal const string Transferring = "transfer";

    internal const string Seeding = "seeding";

    // The most that an account may have under way, whatever the settings say: those of a new request are counted.
    private const int MaxOpen = 10_000;

    private static readonly WorkflowTaskStatus[] s_open = [WorkflowTaskStatus.Queued, WorkflowTaskStatus.Processing, WorkflowTaskStatus.Suspending];

    private readonly TaskStore _tasks;
    private readonly TaskRuns _runs;
    private readonly TaskCallers _callers;
    private readonly DriveAccess _access;
    private readonly EntriesByPath _byPath;
    private readonly QuotaLedger _quota;
    private readonly IdAllocator _ids;
    private readonly SettingStore _settings;
    private readonly TimeProvider _clock;
    private readonly LinkDownload _links;
    private readonly TorrentDownload _torrents;

    internal RemoteDownload(
        TaskStore tasks, TaskRuns runs, TaskCallers callers, DriveAccess access, EntriesByPath byPath, QuotaLedger quota, IdAllocator ids, SettingStore settings,
        TimeProvider clock, LinkDownload links, TorrentDownload torrents)
    {
        (_tasks, _runs, _callers, _access, _byPath, _quota) = (tasks, runs, callers, access, byPath, quota);
        (_ids, _settings, _clock, _links, _torrents) = (ids, settings, clock, links, torrents);
    }

    /// <summary>The request behind a task.</summary>
    /// <param name="task">A task of this type.</param>
    public static RemoteDownloadJob JobOf(WorkflowTask task) =>
        JsonSerializer.Deserialize(task.Job, RemoteDownloadJson.Short.RemoteDownloadJob)
        ?? throw new InvalidOperationException($"The download task {task.Id} has no job.");

    /// <summary>Checks what the links of a request have in common.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="links">Number of links.</param>
    /// <param name="destination">The URI of the folder for the files.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="CloudreveException">
    /// 40007 without the permission; 40001 for no link; 40015 for too many, at once or with those that are under way; 40016 without the folder; 40051
    /// without free space.
    /// </exception>
    public async Task<FilePath> CheckAsync(Caller caller, int links, string destination, CancellationToken cancellationToken = default)
    {
        caller.Require(GroupPermission.RemoteDownload);
        var site = await _settings.GetAsync(cancellationToken);
        if (links == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "Enter at least one link.");
        var batch = Math.Min(caller.Group.Settings.Aria2Batch is > 0 and var most ? most : long.MaxValue, site.Get(SiteSetting.MaxBatchedFiles));
        if (links > batch)
            throw new CloudreveException(ErrorCode.TooManyDownloads, "Too many links at once.");
        var place = await _access.OpenAsync(caller, FileUri.Parse(destination), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        if (await _byPath.FindFolderIdAsync(caller.UserId, place.DrivePath, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.PathNotFound, "The destination folder does not exist.");
        if (await _quota.GetUsedAsync(caller.UserId, cancellationToken) >= caller.Group.MaxStorage)
            throw new CloudreveException(ErrorCode.QuotaExceeded, "Your storage is full.");
        // All accounts share the activities of the host: nobody takes them for long by asking again and again.
        var room = (int)Math.Min(Math.Max(batch, site.Get(RemoteDownloadSetting.Workers)), MaxOpen) - links;
        if ((await _tasks.ListAsync(caller.UserId, [TaskType], s_open, room + 1, null, cancellationToken)).Tasks.Count > room)
            throw new CloudreveException(ErrorCode.TooManyDownloads, "Too many of your downloads are under way. Wait until some have ended, or cancel them.");
        return place.DrivePath;
    }

    /// <summary>Creates the task of a link: two transactions and some of its id. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="link">The link: http, https or magnet.</param>
    /// <param name="folder">The folder that <see cref="CheckAsync"/> returned.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">40001: the link is not one that can be downloaded; 40019: a magnet link without a downloader.</exception>
    public async Task<WorkflowTask> AcceptAsync(Caller caller, string link, FilePath folder, CancellationToken cancellationToken = default)
    {
        var job = new RemoteDownloadJob(link, folder.ToString());
        if (job.NeedsDownloader)
            await _torrents.CheckAsync(caller, job, cancellationToken);
        else
            RemoteSource.Parse(link);
        return await CreateAsync(caller, job, cancellationToken);
    }

    /// <summary>Creates the task of a torrent file: two transactions, some of its id, and those of reading the file. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="uri">The URI of the file.</param>
    /// <param name="folder">The folder that <see cref="CheckAsync"/> returned.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">40019: there is no downloader; 40001: the file is not a torrent; 40049: it is too large; any error of the file.</exception>
    public async Task<WorkflowTask> AcceptTorrentAsync(Caller caller, string uri, FilePath folder, CancellationToken cancellationToken = default)
    {
        var job = new RemoteDownloadJob(uri, folder.ToString(), IsFile: true);
        await _torrents.CheckAsync(caller, job, cancellationToken);
        return await CreateAsync(caller, job, cancellationToken);
    }

    private async Task<WorkflowTask> CreateAsync(Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var task = new WorkflowTask
        {
            Id = await _ids.NextAsync(IdKind.Task, cancellationToken),
            OwnerId = caller.UserId,
            Type = TaskType,
            CreatedAt = now,
            UpdatedAt = now,
            Job = JsonSerializer.Serialize(job, RemoteDownloadJson.Short.RemoteDownloadJob),
        };
        await _tasks.CreateAsync(task, cancellationToken);
        return task;
    }

    /// <summary>Cancels a download: three transactions. It ends within seconds while it runs, otherwise when it is started or woken.</summary>
    /// <param name="ownerId">The caller.</param>
    /// <param name="taskId">The task.</param>
    /// <returns>The task.</returns>
    /// <exception cref="CloudreveException">404 for no such download, or one that has ended.</exception>
    public Task<WorkflowTask> CancelAsync(long ownerId, long taskId, CancellationToken cancellationToken = default) =>
        ChangeAsync(ownerId, taskId, static _ => true, static task => task with { IsCanceled = true }, cancellationToken);

    /// <summary>Selects which files of a download are wanted: three transactions.</summary>
    /// <param name="ownerId">The caller.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="wanted">Files by their numbers, and true for those that are wanted. Others stay as they are.</param>
    /// <exception cref="CloudreveException">404 for no such download, or one in another phase; 40001 for a file that it does not have.</exception>
    public Task SelectAsync(long ownerId, long taskId, IReadOnlyDictionary<int, bool> wanted, CancellationToken cancellationToken = default) => ChangeAsync(
        ownerId,
        taskId,
        static task => task is { Status: WorkflowTaskStatus.Processing or WorkflowTaskStatus.Suspending, Phase: Monitoring },
        task =>
        {
            var files = (task.Download?.Files ?? []).Select(file => file.Index).ToHashSet();
            if (wanted.Keys.Any(index => !files.Contains(index)))
                throw new CloudreveException(ErrorCode.BadParameter, "The download does not have this file.");
            return task with { Deselected = [.. files.Where(index => !wanted.GetValueOrDefault(index, !task.Deselected.Contains(index))).Order()] };
        },
        cancellationToken);

    /// <summary>Does the next step of a task.</summary>
    /// <param name="reference">The task.</param>
    /// <exception cref="CloudreveException">The download cannot succeed.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<StepAnswer> StepAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        if (await _runs.BeginAsync(reference, cancellationToken) is not { } task)
            return StepAnswer.Done;
        var (job, caller) = (JobOf(task), await _callers.FindAsync(task.OwnerId, GroupPermission.RemoteDownload, cancellationToken));
        if (job.NeedsDownloader)
            return await _torrents.StepAsync(task, caller, job, cancellationToken);
        return await _links.StepAsync(reference, caller, job, cancellationToken) ? StepAnswer.Done : StepAnswer.Again;
    }

    /// <summary>Ends a task. Unless it was completed, everything that was downloaded is removed. None of its steps may still run.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(TaskReference reference, string? error, CancellationToken cancellationToken = default)
    {
        // The files exist, whatever happened after they were written.
        var wasWritten = await _links.DiscardAsync(reference, cancellationToken);
        var isWritten = wasWritten ?? await _torrents.DiscardAsync(reference, cancellationToken);
        await _runs.EndAsync(reference, error, isWritten, cancellationToken);
        if (wasWritten is null)
            await _torrents.ClearAsync(reference, cancellationToken);
        else
            await _links.ClearAsync(reference, cancellationToken);
    }

    private async Task<WorkflowTask> ChangeAsync(
        long ownerId, long taskId, Func<WorkflowTask, bool> isAllowed, Func<WorkflowTask, WorkflowTask> change, CancellationToken cancellationToken)
    {
        if (await _tasks.FindAsync(ownerId, taskId, cancellationToken) is not { IsTerminal: false, Type: TaskType } found || !isAllowed(found))
            throw NotFound();
        var isChanged = false;
        var changed = await _tasks.UpdateAsync(
            ownerId,
            taskId,
            task =>
            {
                isChanged = isAllowed(task);
                return isChanged ? change(task) : task;
            },
            cancellationToken);
        return isChanged && changed is not null ? changed : throw NotFound();
    }

    private static CloudreveException NotFound() => new(ErrorCode.NotFound, "The download does not exist or has ended.");
}
