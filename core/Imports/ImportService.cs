using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports.Mirrors;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Imports;

/// <summary>A request to import existing blobs of a storage policy's container (contract, section 19.4).</summary>
/// <param name="Source">Path in the container.</param>
/// <param name="Destination">Folder in the user's drive: a plain path or a URI.</param>
/// <param name="UserId">The owner of the drive.</param>
/// <param name="PolicyId">The storage policy.</param>
/// <param name="Recursive">True if folders below the source are imported, too.</param>
/// <param name="ExtractMediaMeta">True if media information of the files is read: one message for each file that may have some.</param>
public sealed record ImportRequest(string Source, string Destination, long UserId, int PolicyId, bool Recursive, bool ExtractMediaMeta = false)
{
    /// <summary>True if nothing is imported, and only counted what would be.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>True if files follow their blobs: those that changed are updated, those that vanished are marked.</summary>
    public bool IsMirror { get; init; }

    /// <summary>Minutes until a mirror runs again, and again; 0 ends that, null leaves it as it is.</summary>
    public int? Interval { get; init; }
}

/// <summary>The task that an orchestration works for.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="OwnerId">Its owner.</param>
public sealed record ImportTaskReference(long TaskId, long OwnerId);

/// <summary>
/// Imports external files into a user's drive. Every method may be called again after a crash: an import that is repeated,
/// as a whole or in part, adds nothing twice and charges nothing twice.
/// </summary>
public sealed class ImportService
{
    /// <summary>The type of import tasks.</summary>
    public const string TaskType = "import";

    /// <summary>
    /// The time limit of one run of a group; a run that is cut off continues where it was when it is tried again. Whoever ends a task whose
    /// orchestration is gone waits longer than this between <see cref="CloseAsync"/> and <see cref="FinishAsync"/>.
    /// </summary>
    public static readonly TimeSpan GroupTimeLimit = TimeSpan.FromMinutes(4);

    private const string LostReason = "The import was interrupted and could not continue. Files imported so far are kept; start it again to import the rest.";

    private const int MaxFailures = 20;

    /// <summary>Minutes between two runs of a mirror: no less than its timer takes, no more than 30 days.</summary>
    private const int MinInterval = 5;
    private const int MaxInterval = 43_200;

    /// <summary>Folders that one activity takes; a further page of a large folder is a group of its own.</summary>
    private const int FoldersPerGroup = 16;

    /// <summary>No setting can make one import take more groups at once: their folders come from one query.</summary>
    private const int MaxParallelGroups = 62;

    private readonly StorageLayout _layout;
    private readonly SiteCatalog _catalog;
    private readonly UserStore _users;
    private readonly PolicyContainers _containers;
    private readonly EntriesByPath _byPath;
    private readonly EntryCreation _creation;
    private readonly TaskStore _tasks;
    private readonly IdAllocator _ids;
    private readonly SettingStore _settings;
    private readonly ActivityLog _log;
    private readonly TimeProvider _clock;
    private readonly ImportFrontier _frontier;
    private readonly ImportGroupRunner _runner;
    private readonly GroupSettlement _settlement;
    private readonly ImportForecast _forecast;
    private readonly QuotaLedger _quota;
    private readonly StandingMirrors _mirrors;
    private readonly MirroredAreas _mirrored;

    /// <summary>Creates the service; sends nothing.</summary>
    public ImportService(
        StorageLayout layout, SiteCatalog catalog, UserStore users, PolicyContainers containers, EntriesByPath byPath, EntryCreation creation,
        DriveDepth depths, FolderWriter writer, EntityStore entities, TaskStore tasks, IdAllocator ids, QuotaLedger quota, SettingStore settings,
        ActivityLog log, MediaRequests requests, EntriesById byId, EntryUpdates updates, EntityReferences references, DueNotes notes,
        TimeProvider clock)
    {
        _layout = layout;
        _catalog = catalog;
        _users = users;
        _containers = containers;
        _byPath = byPath;
        _creation = creation;
        _tasks = tasks;
        _ids = ids;
        _settings = settings;
        _log = log;
        _clock = clock;
        _quota = quota;
        _mirrors = new StandingMirrors(layout, notes, clock);
        _mirrored = new MirroredAreas(layout);
        _frontier = new ImportFrontier(layout);
        var mirrors = new MirrorReader(writer, entities, quota, clock);
        var mirrorUpdates = new MirrorUpdates(updates, references, log);
        var marks = new MirrorMarks(updates, clock);
        _settlement = new GroupSettlement(_frontier, writer, entities, quota, byId, mirrorUpdates);
        _runner = new ImportGroupRunner(_frontier, depths, writer, entities, ids, quota, _settlement, mirrors, mirrorUpdates, marks, requests, new ErasureNotes(layout, clock), clock);
        _forecast = new ImportForecast(_frontier, writer, mirrors, marks);
    }

    /// <summary>Checks the whole request, and only then creates the task. Its orchestration is started by the caller.</summary>
    /// <param name="userHashId">The target user's hash id, which destination URIs may name.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">40001, 40006, 40021, 40035, 40045, 40052: nothing was created.</exception>
    public async Task<WorkflowTask> AcceptAsync(ImportRequest request, string userHashId, CancellationToken cancellationToken = default)
    {
        CheckMirror(request);
        if (request.Interval is 0)
            await EndMirrorAsync(request, userHashId, cancellationToken);
        var policy = await _catalog.GetUsablePolicyAsync(request.PolicyId, cancellationToken);
        // A policy may name the app's own account by its address, too.
        if (_containers.Get(policy).Identity == _layout.Container(policy.BucketName).Identity && OwnAreas.IsWhole(_layout, policy.BucketName))
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The storage policy's container holds the site's own data.");
        var source = ImportPaths.ParseSource(request.Source, await OwnAreasOfAsync(policy, cancellationToken));
        if (await _users.FindAsync(request.UserId, cancellationToken) is not { IsLeaving: false } user)
            throw new CloudreveException(ErrorCode.UserNotFound, "The user does not exist.");
        var destination = ImportPaths.ParseDestination(request.Destination, userHashId);
        if (await FindAboveAsync(user.Id, destination, cancellationToken) is not null)
            throw new CloudreveException(ErrorCode.BadParameter, "The destination is not a folder.");
        // The last run of a mirror may find that everything is gone.
        if (request.Interval is not 0)
            await RequireSourceAsync(policy, source, cancellationToken);
        var job = new ImportJob(source, destination.ToString(), user.Id, policy.Id, request.Recursive, request.ExtractMediaMeta)
        {
            IsDryRun = request.IsDryRun,
            IsMirror = request.IsMirror,
            Interval = request.Interval ?? 0,
        };
        var taskId = await _ids.NextAsync(IdKind.Task, cancellationToken);
        if (request.Interval is > 0)
            await _mirrors.KeepAsync(job, taskId, cancellationToken);
        return await CreateTaskAsync(job, taskId, cancellationToken);
    }

    /// <summary>A mirror can be ended in any case: also without its policy, and when its last run is refused.</summary>
    private Task EndMirrorAsync(ImportRequest request, string userHashId, CancellationToken cancellationToken)
    {
        var source = ImportPaths.ParseSource(request.Source, new OwnAreas([]));
        var destination = ImportPaths.ParseDestination(request.Destination, userHashId);
        return _mirrors.RemoveAsync(new ImportJob(source, destination.ToString(), request.UserId, request.PolicyId, request.Recursive), cancellationToken);
    }

    private static void CheckMirror(ImportRequest request)
    {
        if (request.Interval is not { } interval)
            return;
        if (!request.IsMirror || request.IsDryRun)
            throw new CloudreveException(ErrorCode.BadParameter, "Only a mirror has an interval, and a dry run has none.");
        if (interval != 0 && interval is < MinInterval or > MaxInterval)
            throw new CloudreveException(ErrorCode.BadParameter, $"The interval must be 0, or {MinInterval} to {MaxInterval} minutes.");
    }

    private async Task<WorkflowTask> CreateTaskAsync(ImportJob job, long taskId, CancellationToken cancellationToken)
    {
        var task = NewTask(job, taskId);
        await _tasks.CreateAsync(task, cancellationToken);
        return task;
    }

    private WorkflowTask NewTask(ImportJob job, long taskId)
    {
        var now = _clock.GetUtcNow();
        return new WorkflowTask
        {
            Id = taskId,
            OwnerId = job.UserId,
            Type = TaskType,
            CreatedAt = now,
            UpdatedAt = now,
            Job = JsonSerializer.Serialize(job, ImportJson.Default.ImportJob),
        };
    }

    /// <summary>
    /// Runs the mirrors that are due; one transaction when there is none. A mirror whose last run is still under way waits for another
    /// interval, as does one whose owner is banned; one whose owner or policy is gone ends.
    /// </summary>
    /// <param name="start">Starts a task's orchestration.</param>
    /// <param name="cancellationToken">Ends the run between two mirrors.</param>
    public Task RunMirrorsAsync(Func<WorkflowTask, CancellationToken, Task> start, CancellationToken cancellationToken = default) =>
        _mirrors.RunAsync((mirror, token) => RunMirrorAsync(mirror, start, token), cancellationToken);

    private async Task<long?> RunMirrorAsync(StandingMirror mirror, Func<WorkflowTask, CancellationToken, Task> start, CancellationToken cancellationToken)
    {
        var job = mirror.Job;
        if (await _users.FindAsync(job.UserId, cancellationToken) is not { IsLeaving: false } user)
            return 0;
        if (await _catalog.FindPolicyAsync((int)job.PolicyId, cancellationToken) is not { IsDeleted: false })
            return 0;
        // It goes on once its owner is no longer banned.
        if (user.Status != UserStatus.Active || await _tasks.FindAsync(job.UserId, mirror.TaskId, cancellationToken) is { IsTerminal: false })
            return mirror.TaskId;
        var taskId = mirror.NextId;
        if (taskId == 0)
        {
            taskId = await _ids.NextAsync(IdKind.Task, cancellationToken);
            if (!await _mirrors.TryChooseAsync(mirror, taskId, cancellationToken))
                return null;
        }
        var task = NewTask(job, taskId);
        await _tasks.AddAsync(task, cancellationToken);
        await start(task, cancellationToken);
        return taskId;
    }

    /// <summary>A mistyped folder is reported at once, not by a task that finds nothing.</summary>
    private async Task RequireSourceAsync(StoragePolicy policy, string source, CancellationToken cancellationToken)
    {
        try
        {
            // Some services return pages without entries before the first blob.
            if (await _containers.Get(policy).ListPageAsync(source, null, 1, null, cancellationToken) is not { Blobs.Count: 0, ContinuationToken: null })
                return;
        }
        catch (StorageNotFoundException e)
        {
            throw new CloudreveException(ErrorCode.ListingFailed, "The storage policy's container does not exist.", e);
        }
        catch (StorageUnreadableException)
        {
            // There are blobs, and the import records what cannot be listed.
            return;
        }
        throw new CloudreveException(ErrorCode.ListingFailed, "The source folder is empty or does not exist.");
    }

    private async ValueTask<OwnAreas> OwnAreasOfAsync(StoragePolicy policy, CancellationToken cancellationToken) =>
        _containers.AreasOf(policy, await _catalog.ListPoliciesAsync(cancellationToken));

    /// <summary>The request behind a task.</summary>
    /// <param name="task">An import task.</param>
    public static ImportJob JobOf(WorkflowTask task) =>
        JsonSerializer.Deserialize(task.Job, ImportJson.Default.ImportJob)
        ?? throw new InvalidOperationException($"The import task {task.Id} has no job.");

    /// <summary>Moves a task from queued to processing, creates the destination folder and seeds the frontier.</summary>
    /// <param name="reference">The task.</param>
    /// <returns>False when the task does not exist, has ended or is about to end: there is nothing to do.</returns>
    public async Task<bool> BeginAsync(ImportTaskReference reference, CancellationToken cancellationToken = default)
    {
        var task = await _tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken);
        if (!IsAtWork(task))
            return false;
        if (task.StartedAt is null)
        {
            var job = JobOf(task);
            var path = FilePath.ParsePlain(job.Destination);
            var (folderId, isNew) = job.IsDryRun
                ? await FindFolderAsync(job.UserId, path, cancellationToken)
                : await EnsureFolderAsync(job.UserId, path, cancellationToken);
            if (job is { IsMirror: true, IsDryRun: false })
                await _mirrored.AddAsync(await _catalog.GetPolicyAsync((int)job.PolicyId, cancellationToken), job.Source, job.Recursive, cancellationToken);
            await _frontier.SeedAsync(task.Id, job.Source, folderId, isNew, cancellationToken);
            var now = _clock.GetUtcNow();
            task = await _tasks.UpdateAsync(
                task.OwnerId, task.Id, t => t with { Status = WorkflowTaskStatus.Processing, StartedAt = t.StartedAt ?? now }, cancellationToken);
        }
        return IsAtWork(task);
    }

    /// <summary>Writes the task's progress and takes the next groups of folders from the frontier.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="round">Number of the round, starting at 0.</param>
    /// <param name="totals">The totals of all rounds before.</param>
    /// <param name="failures">The first failures.</param>
    /// <returns>Groups that can run in parallel; empty when there is nothing left or the task has ended.</returns>
    public async Task<IReadOnlyList<ImportGroup>> ClaimAsync(
        ImportTaskReference reference, int round, ImportTotals totals, IReadOnlyList<ImportFailure> failures,
        CancellationToken cancellationToken = default)
    {
        var task = await _tasks.UpdateAsync(reference.OwnerId, reference.TaskId, t => WithProgress(t, totals, failures), cancellationToken);
        if (!IsAtWork(task))
            return [];
        var parallel = (int)Math.Min((await _settings.GetAsync(cancellationToken)).Get(SiteSetting.ImportParallelGroups), MaxParallelGroups);
        var rows = await _frontier.PeekAsync(reference.TaskId, parallel * FoldersPerGroup, cancellationToken);
        var groups = new List<ImportGroup>();
        for (var i = 0; i < rows.Count && groups.Count < parallel;)
        {
            var count = 1;
            while (rows[i].Page == 0 && count < FoldersPerGroup && i + count < rows.Count && rows[i + count].Page == 0)
                count++;
            // A row is removed from the frontier for good, so the first one names the group.
            groups.Add(new ImportGroup(rows[i].Key[2..].Replace('|', '-'), rows[i].Key, rows[i + count - 1].Key, round + 1));
            i += count;
        }
        return groups;
    }

    /// <summary>Imports one group.</summary>
    /// <param name="reference">The task.</param>
    public async Task<ImportGroupResult> RunGroupAsync(ImportTaskReference reference, ImportGroup group, CancellationToken cancellationToken = default)
    {
        var task = await _tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken);
        if (!IsAtWork(task))
            return new ImportGroupResult(ImportTotals.Zero, []);
        var job = JobOf(task);
        var policy = await _catalog.GetPolicyAsync((int)job.PolicyId, cancellationToken);
        if (await _users.FindRecentAsync(job.UserId, cancellationToken) is not { IsLeaving: false } user)
            throw new CloudreveException(ErrorCode.UserNotFound, "The user no longer exists.");
        var limit = (await _catalog.GetGroupAsync(user.GroupId, cancellationToken)).MaxStorage;
        var source = new SourceReader(_containers.Get(policy), FileRules.Of(policy), await OwnAreasOfAsync(policy, cancellationToken), job);
        using var timeLimit = new CancellationTokenSource(GroupTimeLimit, _clock);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeLimit.Token);
        var site = await _settings.GetAsync(cancellationToken);
        var context = new ImportContext(reference.TaskId, job, source, limit, site);
        return job.IsDryRun ? await _forecast.RunAsync(context, group, limited.Token) : await _runner.RunAsync(context, group, limited.Token);
    }

    /// <summary>
    /// Keeps further groups of a task from starting, since its orchestration is gone. A run that has begun already ends within
    /// <see cref="GroupTimeLimit"/>; only then <see cref="FinishAsync"/> may be called.
    /// </summary>
    /// <param name="reference">The task.</param>
    public Task CloseAsync(ImportTaskReference reference, CancellationToken cancellationToken = default) =>
        _tasks.UpdateAsync(reference.OwnerId, reference.TaskId, static t => t with { IsClosing = true }, cancellationToken);

    /// <summary>
    /// Ends a task, and cleans up after groups that were not completed. None of its groups may still run. A task that
    /// was closed ends with an error in any case.
    /// </summary>
    /// <param name="reference">The task.</param>
    /// <param name="failures">The first failures; null to take those that were recorded.</param>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(
        ImportTaskReference reference, IReadOnlyList<ImportFailure>? failures, string? error, CancellationToken cancellationToken = default)
    {
        if (await _tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsTerminal: false } task)
            return;
        // The groups' own records are complete even when the orchestration did not receive all of their results.
        var totals = await _settlement.SettleAsync(task.Id, JobOf(task).UserId, cancellationToken);
        var first = failures ?? await ReadFailuresAsync(task.Id, cancellationToken).Take(MaxFailures).ToListAsync(cancellationToken);
        var job = JobOf(task);
        if (totals.Imported > 0 && !job.IsDryRun)
            await LogImportAsync(job, cancellationToken);
        var counts = await CountAsync(job, totals, cancellationToken);
        await _tasks.UpdateAsync(
            reference.OwnerId,
            reference.TaskId,
            t =>
            {
                var reason = error ?? (t.IsClosing ? LostReason : null);
                var status = reason is null ? WorkflowTaskStatus.Completed : WorkflowTaskStatus.Error;
                return WithProgress(t, totals, first) with { Error = reason, Status = status, Counts = counts };
            },
            cancellationToken);
    }

    /// <summary>What only dry runs and mirrors count; a dry run also counts how much of the owner's quota the import would take.</summary>
    private async Task<Dictionary<string, long>> CountAsync(ImportJob job, ImportTotals totals, CancellationToken cancellationToken)
    {
        if (!job.IsDryRun)
            return job.IsMirror ? ImportForecast.DescribeMirror(totals) : [];
        var used = await _quota.GetUsedAsync(job.UserId, cancellationToken);
        var limit = await _users.FindRecentAsync(job.UserId, cancellationToken) is { } user
            ? (await _catalog.GetGroupAsync(user.GroupId, cancellationToken)).MaxStorage
            : 0;
        return ImportForecast.Describe(job, totals, used, limit);
    }

    /// <summary>One event for the whole import: the task lists its files.</summary>
    private async Task LogImportAsync(ImportJob job, CancellationToken cancellationToken)
    {
        var path = FilePath.ParsePlain(job.Destination);
        if (await _byPath.FindAsync(job.UserId, path, cancellationToken) is { } folder)
            await _log.AppendAsync(job.UserId, [new FileEvent(ActivityCategory.FileImported, Actor.Site, folder, null, path)], cancellationToken);
    }

    /// <summary>Every item of a task that could not be imported, with its reason.</summary>
    /// <param name="taskId">The task.</param>
    public IAsyncEnumerable<ImportFailure> ReadFailuresAsync(long taskId, CancellationToken cancellationToken = default) =>
        _frontier.ReadFailuresAsync(taskId, cancellationToken);

    private static bool IsAtWork([NotNullWhen(true)] WorkflowTask? task) => task is { IsTerminal: false, IsClosing: false };

    private static WorkflowTask WithProgress(WorkflowTask task, ImportTotals totals, IReadOnlyList<ImportFailure> failures) => task with
    {
        Failed = totals.Failed,
        ErrorHistory = [.. failures.Select(f => $"{f.Path}: {f.Reason}")],
        Progress = new Dictionary<string, TaskProgress>
        {
            ["indexed"] = new(totals.Indexed, totals.Indexed),
            ["imported"] = new(totals.Imported + totals.Skipped + totals.Failed, totals.Imported),
        },
    };

    /// <summary>Finds the entry at a path, or the nearest entry above it that is not a folder; null when the path can become a folder.</summary>
    private async Task<FileRecord?> FindAboveAsync(long userId, FilePath path, CancellationToken cancellationToken)
    {
        var folderId = DriveRoots.RootId(userId);
        foreach (var name in path.Segments)
        {
            var entry = await _byPath.FindEntryAsync(folderId, name, cancellationToken);
            if (entry is null or { Type: FileType.File } or { IsSymbolic: true })
                return entry;
            folderId = entry.Id;
        }
        return null;
    }

    private async Task<(long FolderId, bool IsNew)> FindFolderAsync(long userId, FilePath path, CancellationToken cancellationToken) =>
        await _byPath.FindFolderIdAsync(userId, path, cancellationToken) is { } existing ? (existing, false) : (0, true);

    private async Task<(long FolderId, bool IsNew)> EnsureFolderAsync(long userId, FilePath path, CancellationToken cancellationToken)
    {
        if (await _byPath.FindFolderIdAsync(userId, path, cancellationToken) is { } existing)
            return (existing, false);
        var created = await _creation.CreateAsync(userId, path, NewEntry.Folder, failIfExists: false, cancellationToken);
        return (created.Id, true);
    }
}
