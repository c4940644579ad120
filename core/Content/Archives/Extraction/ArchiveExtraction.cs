using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// Extracts archives into drives (contract, section 19.2), entry by entry, by ranges of the archive's blob. Entries that cannot be extracted are
/// counted and named, and the rest continues. Every method may be called again after a crash.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="runs">Their lives.</param>
/// <param name="callers">Finds the users that they work for.</param>
/// <param name="access">Checks access.</param>
/// <param name="byPath">The files.</param>
/// <param name="entities">Their blobs.</param>
/// <param name="reader">Reads blobs.</param>
/// <param name="writer">Writes files.</param>
/// <param name="groups">Writes many small files.</param>
/// <param name="quota">Determines how much room there is.</param>
/// <param name="ids">Numbers tasks.</param>
/// <param name="settings">The site's settings.</param>
/// <param name="clock">Limits steps.</param>
/// <param name="keys">Seal passwords; null where nothing is sealed.</param>
public sealed class ArchiveExtraction(
    TaskStore tasks, TaskRuns runs, TaskCallers callers, DriveAccess access, EntriesByPath byPath, EntryCreation creation, EntityStore entities,
    EntityReader reader, FileContentWriter writer, FileGroupWriter groups, QuotaLedger quota, IdAllocator ids, SettingStore settings, StorageLayout layout,
    TimeProvider clock, SealingKeys? keys = null)
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "extract_archive";

    // Formats take it into account thousands of times to derive a key, and none that makes archives takes a longer one: RAR at most 127 characters.
    private const int MaxPasswordCharacters = 128;

    // The request that a task keeps must fit into its row.
    private const int MaxJobCharacters = 300_000;

    // A host ends activities after 30 minutes, with all others of its process, and begins them again.
    private static readonly TimeSpan s_longestStep = TimeSpan.FromMinutes(20);

    // Steps that wait hold places of activities that others need.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(1);

    private readonly ExtractionRows _rows = new(layout, keys ?? SealingKeys.None);
    private readonly ArchiveSources _sources = new(reader, clock);

    // Windows of decoders are large; what is read of zips, and what it unpacks to, is in memory for a while.
    private readonly HeavyReads _decoders = new(UnpackLimits.DecodersAtOnce);
    private readonly HeavyReads _zips = new(UnpackLimits.ZipsAtOnce);

    /// <summary>The request behind a task.</summary>
    /// <param name="task">A task of this type.</param>
    public static ExtractionJob JobOf(WorkflowTask task) =>
        JsonSerializer.Deserialize(task.Job, ExtractionJson.Short.ExtractionJob)
        ?? throw new InvalidOperationException($"The extraction task {task.Id} has no job.");

    /// <summary>Checks the whole request, and only then creates the task. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="request">The request.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">
    /// 40007 without the permission; 40001 for the destination, the encoding, the password or the mask; 40049 for a large archive; 40056 for a file that is
    /// not an archive; and any error of the source. Nothing was created.
    /// </exception>
    public async Task<WorkflowTask> AcceptAsync(Caller caller, ExtractionRequest request, CancellationToken cancellationToken = default)
    {
        caller.Require(GroupPermission.ArchiveTask);
        var names = NameEncoding.Of(request.Encoding);
        if (request.Password.Length > MaxPasswordCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "The password is too long.");
        var site = await settings.GetAsync(cancellationToken);
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Destination), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        if (await byPath.FindFolderIdAsync(caller.UserId, place.DrivePath, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.BadParameter, "The destination is not a folder.");
        var archive = await FindAsync(caller, site, request.Source, cancellationToken);
        await _sources.CheckAsync(archive, names, request.Password, cancellationToken);
        var job = new ExtractionJob(request.Source, place.DrivePath.ToString(), request.Encoding, request.Mask);
        var json = JsonSerializer.Serialize(job, ExtractionJson.Short.ExtractionJob);
        if (json.Length > MaxJobCharacters || request.Mask.Any(string.IsNullOrEmpty))
            throw new CloudreveException(ErrorCode.BadParameter, "The selection of files is too long or has an empty name.");
        var now = clock.GetUtcNow();
        var task = new WorkflowTask
        {
            Id = await ids.NextAsync(IdKind.Task, cancellationToken),
            OwnerId = caller.UserId,
            Type = TaskType,
            CreatedAt = now,
            UpdatedAt = now,
            Job = json,
        };
        await _rows.AddPasswordAsync(task.Id, request.Password, cancellationToken);
        await tasks.CreateAsync(task, cancellationToken);
        return task;
    }

    /// <summary>Extracts the next entries of a task.</summary>
    /// <param name="reference">The task.</param>
    /// <returns>True if there is nothing left to do.</returns>
    /// <exception cref="CloudreveException">The archive cannot be extracted any further.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<bool> StepAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        if (await runs.BeginAsync(reference, cancellationToken) is not { } task)
            return true;
        var job = JobOf(task);
        var caller = await callers.FindAsync(task.OwnerId, GroupPermission.ArchiveTask, cancellationToken);
        var archive = await FindAsync(caller, await settings.GetAsync(cancellationToken), job.Source, cancellationToken);
        var destination = FilePath.ParsePlain(job.Destination);
        if (await byPath.FindFolderIdAsync(caller.UserId, destination, cancellationToken) is null)
            throw new CloudreveException(ErrorCode.PathNotFound, "The destination folder was moved or deleted.");
        archive = archive with { Format = await _sources.FindFormatAsync(archive, cancellationToken) };
        var isZip = archive.Format == ArchiveFormat.Unknown;
        var progress = new StepProgress { IsUnpacking = !isZip };
        return await InTurnAsync(
            isZip ? _zips : _decoders, caller, progress,
            token =>
            {
                var single = new EntryWriter(byPath, creation, writer, caller, destination, new TaskFiles(byPath, entities, reference, task.CreatedAt), token);
                progress.Entries = new RoundWriter(single, groups, caller);
                return ExtractAsync(reference, caller, job, archive, progress, token);
            },
            cancellationToken);
    }

    /// <summary>Ends a task. What was extracted stays.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(TaskReference reference, string? error, CancellationToken cancellationToken = default)
    {
        await _rows.ClearAsync(reference.TaskId, cancellationToken);
        await runs.EndAsync(reference, error, cancellationToken: cancellationToken);
    }

    /// <summary>Runs a step when there is a place for it; one that would wait or work for too long is continued by another.</summary>
    private async Task<bool> InTurnAsync(
        HeavyReads places, Caller caller, StepProgress progress, Func<CancellationToken, Task<bool>> step, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_longestWait, clock);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var hasBegun = false;
        try
        {
            return await places.RunAsync(
                caller.UserId,
                () =>
                {
                    hasBegun = true;
                    return InTimeAsync(progress, step, cancellationToken);
                },
                wait.Token);
        }
        catch (OperationCanceledException) when (!hasBegun && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> InTimeAsync(StepProgress progress, Func<CancellationToken, Task<bool>> step, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(s_longestStep, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await step(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            if (progress.WasMade || progress.Entries is { HasWritten: true })
                return false;
            // A step that had only one entry to unpack comes no further the next time; otherwise storage was slow.
            throw progress.IsUnpacking
                ? new CloudreveException(ErrorCode.FileTooLarge, "Unpacking the next entry takes longer than is allowed.")
                : new RetryLaterException("The storage responded too slowly.");
        }
    }

    private async Task<bool> ExtractAsync(
        TaskReference reference, Caller caller, ExtractionJob job, ArchiveFile archive, StepProgress progress,
        CancellationToken cancellationToken)
    {
        var found = await _rows.States.FindAsync(reference.TaskId, cancellationToken);
        var (state, etag) = found is { } earlier ? (earlier.State, earlier.ETag) : (new ExtractionState { EntityId = archive.Entity.Id }, null);
        if (state.EntityId != archive.Entity.Id)
            throw new CloudreveException(ErrorCode.StaleVersion, "The archive was changed while it was being extracted.");
        await using var source = await _sources.OpenAsync(
            archive, NameEncoding.Of(job.Encoding), job.Mask, new EntryPlace(state.Next, state.Position),
            () => _rows.FindPasswordAsync(reference.TaskId, cancellationToken), cancellationToken);
        var total = source.Wanted is { } wanted ? new ExtractionTotal(wanted.Count, wanted.Where(file => !file.IsDirectory).Sum(file => (decimal)file.Size)) : null;
        // An earlier run may have died between its state and its report.
        if (etag is null)
            await CheckRoomAsync(caller, total, cancellationToken);
        else
            await ReportAsync(reference, state, total, cancellationToken);
        // Only decoders work while the next entries are brought.
        var isDecoded = progress.IsUnpacking;
        var ahead = Task.FromResult<EntryRound?>(null);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            ahead = source.NextAsync(reading.Token);
            var (start, before) = (clock.GetTimestamp(), TimeSpan.Zero);
            while (true)
            {
                progress.IsUnpacking = isDecoded;
                if (await ahead is not { } round)
                {
                    if (total is null)
                        await ReportAsync(reference, state, new ExtractionTotal(state.Entries + state.Failures.Count, state.Bytes), cancellationToken);
                    return true;
                }
                // A process that hangs must not continue when its task has ended.
                if (await tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsAtWork: true })
                    return true;
                progress.IsUnpacking = round.Entries.Count == 1;
                // What is brought for a step that ends with this round is lost. A round takes about as long as the one before it.
                var elapsed = clock.GetElapsedTime(start);
                var isAhead = round.AllowsReadingAhead && elapsed + (elapsed - before) < source.StepTime;
                before = elapsed;
                if (isAhead)
                    ahead = source.NextAsync(reading.Token);
                state = Count(state, round, await progress.Entries!.WriteAsync(round.Entries, cancellationToken));
                etag = await _rows.States.WriteAsync(reference.TaskId, state, etag, cancellationToken);
                progress.WasMade = true;
                await ReportAsync(reference, state, total, cancellationToken);
                if (clock.GetElapsedTime(start) >= source.StepTime)
                    return false;
                if (!isAhead)
                    ahead = source.NextAsync(reading.Token);
            }
        }
        finally
        {
            // Nobody may read a source that is closed.
            await reading.CancelAsync();
            await ahead.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task<ArchiveFile> FindAsync(Caller caller, SiteSettings site, string uri, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        if (file.PrimaryEntityId == 0 || await entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { } archive)
            throw new CloudreveException(ErrorCode.BlobNotFound, "The archive has no content.");
        return caller.Group.Settings.DecompressSize is > 0 and var limit && archive.Size > limit
            ? throw new CloudreveException(ErrorCode.FileTooLarge, "The archive exceeds the size limit of your group.")
            : new ArchiveFile(archive, file.Name, file.UpdatedAt);
    }

    /// <summary>Stops bombs that say so; only the announced size is ever unpacked.</summary>
    private async Task CheckRoomAsync(Caller caller, ExtractionTotal? total, CancellationToken cancellationToken)
    {
        if (total is not null && await quota.GetUsedAsync(caller.UserId, cancellationToken) + total.Bytes > caller.Group.MaxStorage)
            throw new CloudreveException(ErrorCode.QuotaExceeded, "Your storage does not have enough room for the content of the archive.");
    }

    private static ExtractionState Count(ExtractionState state, EntryRound round, IReadOnlyList<EntryOutcome> outcomes)
    {
        foreach (var (entry, outcome) in round.Entries.Zip(outcomes))
        {
            state = outcome.Failure is { } failure
                ? state with { Failures = state.Failures.Add(entry.File.Name, failure) }
                : state with { Entries = state.Entries + 1, Bytes = state.Bytes + outcome.Bytes };
        }
        return state with { Next = round.Place.Next, Position = round.Place.Position };
    }

    private Task ReportAsync(TaskReference reference, ExtractionState state, ExtractionTotal? total, CancellationToken cancellationToken)
    {
        var progress = new Dictionary<string, TaskProgress>
        {
            ["extract_count"] = new(total?.Entries ?? 0, state.Entries),
            ["extract_size"] = new((long)(total?.Bytes ?? 0), state.Bytes),
        };
        return runs.ReportAsync(reference, "", progress, state.Failures, cancellationToken);
    }

    /// <summary>How far a step has come.</summary>
    private sealed class StepProgress
    {
        /// <summary>True once the next step begins at a later place.</summary>
        public bool WasMade { get; set; }

        /// <summary>True while the step waits for a single entry, or for a decoder, rather than for storage.</summary>
        public bool IsUnpacking { get; set; }

        /// <summary>Writes the entries; null until the step has its place.</summary>
        public RoundWriter? Entries { get; set; }
    }

    /// <summary>What is extracted in all, where that is known in advance.</summary>
    /// <param name="Entries">Files and folders.</param>
    /// <param name="Bytes">Bytes of them.</param>
    private sealed record ExtractionTotal(long Entries, decimal Bytes);
}
