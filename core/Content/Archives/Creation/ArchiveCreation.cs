using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>
/// Creates archives in drives (contract, section 19.1). They are written segment by segment, straight to blocks of their final blobs; the
/// progress is kept in rows. Every method may be called again after a crash.
/// </summary>
public sealed class ArchiveCreation
{
    /// <summary>The type of the tasks.</summary>
    public const string TaskType = "create_archive";

    private const string Compressing = "compress_files";
    private const string Uploading = "upload_archive";

    // The blocks of a large archive get larger, so that it may have a terabyte.
    private const int SmallBlock = 8 << 20;
    private const int BlocksOfSize = 10_000;
    private const int Sizes = 3;

    // The request that a task keeps must fit into its row.
    private const int MaxJobCharacters = 300_000;

    private static readonly TimeSpan s_stepTimeout = TimeSpan.FromMinutes(4);

    private readonly TaskStore _tasks;
    private readonly TaskRuns _runs;
    private readonly TaskCallers _callers;
    private readonly DriveAccess _access;
    private readonly EntriesByPath _byPath;
    private readonly EntityStore _entities;
    private readonly EntityReader _reader;
    private readonly StoredContentWriter _writer;
    private readonly UploadBlobs _blobs;
    private readonly UploadMemory _memory;
    private readonly BlobEncryption _encryption;
    private readonly QuotaLedger _quota;
    private readonly IdAllocator _ids;
    private readonly SettingStore _settings;
    private readonly StorageLayout _layout;
    private readonly ArchiveSegmentLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ArchiveRows _rows;

    internal ArchiveCreation(
        TaskStore tasks, TaskRuns runs, TaskCallers callers, DriveAccess access, EntriesByPath byPath, EntityStore entities, EntityReader reader,
        StoredContentWriter writer, UploadBlobs blobs, UploadMemory memory, BlobEncryption encryption, QuotaLedger quota, IdAllocator ids,
        SettingStore settings, StorageLayout layout, ArchiveSegmentLimits limits, TimeProvider clock)
    {
        (_tasks, _runs, _callers, _access, _byPath, _entities, _reader, _writer) = (tasks, runs, callers, access, byPath, entities, reader, writer);
        (_blobs, _memory, _encryption, _quota, _ids, _settings, _layout, _limits, _clock) =
            (blobs, memory, encryption, quota, ids, settings, layout, limits, clock);
        _rows = new ArchiveRows(layout);
    }

    /// <summary>The request behind a task.</summary>
    /// <param name="task">A task of this type.</param>
    public static ArchiveJob JobOf(WorkflowTask task) =>
        JsonSerializer.Deserialize(task.Job, ArchiveCreationJson.Short.ArchiveJob)
        ?? throw new InvalidOperationException($"The archive task {task.Id} has no job.");

    /// <summary>Checks the whole request, and only then creates the task. Its orchestration is started by the caller.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="sources">Files and folders, from the caller's view.</param>
    /// <param name="destination">The archive's URI.</param>
    /// <param name="form">The name of its form; null for the contract's.</param>
    /// <returns>The queued task.</returns>
    /// <exception cref="CloudreveException">
    /// 40007 without the permission; 40001 for an unknown form; 40001 and 40074 for the number of sources; 40004, 40052, 40050, 40073 and 40006 for the destination; 40051
    /// without free space; and any error of a source. Nothing was created.
    /// </exception>
    public async Task<WorkflowTask> AcceptAsync(
        Caller caller, IReadOnlyList<string> sources, string destination, string? form = null, CancellationToken cancellationToken = default)
    {
        caller.Require(GroupPermission.ArchiveTask);
        _ = ArchiveForms.Of(form);
        var site = await _settings.GetAsync(cancellationToken);
        if (sources.Count == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "Choose at least one file or folder.");
        if (sources.Count > site.Get(SiteSetting.MaxBatchedFiles))
            throw TooMany();
        var place = await _access.OpenAsync(caller, FileUri.ParseNew(destination), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        await _writer.CheckNewAsync(caller, place.DrivePath, cancellationToken);
        if (await _quota.GetUsedAsync(caller.UserId, cancellationToken) >= caller.Group.MaxStorage)
            throw NoRoom();
        var job = new ArchiveJob(await NameAsync(caller, site.HashIds, sources, cancellationToken), place.DrivePath.ToString(), string.IsNullOrEmpty(form) ? null : form);
        var json = JsonSerializer.Serialize(job, ArchiveCreationJson.Short.ArchiveJob);
        if (json.Length > MaxJobCharacters)
            throw TooMany();
        var now = _clock.GetUtcNow();
        var task = new WorkflowTask
        {
            Id = await _ids.NextAsync(IdKind.Task, cancellationToken),
            OwnerId = caller.UserId,
            Type = TaskType,
            CreatedAt = now,
            UpdatedAt = now,
            Job = json,
        };
        await _tasks.CreateAsync(task, cancellationToken);
        return task;
    }

    /// <summary>Does the next step of a task: a segment, and the end when nothing is left to read.</summary>
    /// <param name="reference">The task.</param>
    /// <returns>True if there is nothing left to do.</returns>
    /// <exception cref="CloudreveException">The archive cannot be created.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<bool> StepAsync(TaskReference reference, CancellationToken cancellationToken = default)
    {
        if (await _runs.BeginAsync(reference, cancellationToken) is not { } task)
            return true;
        var caller = await _callers.FindAsync(task.OwnerId, GroupPermission.ArchiveTask, cancellationToken);
        var job = JobOf(task);
        using var timeout = new CancellationTokenSource(s_stepTimeout, _clock);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var (state, etag) = await OpenAsync(reference, caller, job, limited.Token);
        if (!state.IsRead)
        {
            state = await WriteSegmentAsync(reference, caller, job, state, etag, limited.Token);
            await ReportAsync(reference, state, Compressing, limited.Token);
            if (!state.IsRead)
                return false;
        }
        await PlaceAsync(reference, caller, job, limited.Token);
        return true;
    }

    /// <summary>Ends a task. Unless it was completed, everything that was written is removed. None of its steps may still run.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="error">The error that ended it early; null for none.</param>
    public async Task FinishAsync(TaskReference reference, string? error, CancellationToken cancellationToken = default)
    {
        // The file exists, whatever happened after it was written.
        var isWritten = await _rows.FindAsync(reference.TaskId, cancellationToken) is var (state, _)
            && !await _writer.DiscardAsync(reference.OwnerId, state.Content, state.Place, cancellationToken);
        await _runs.EndAsync(reference, error, isWritten, cancellationToken);
        await _rows.ClearAsync(reference.TaskId, cancellationToken);
    }

    /// <summary>Finds the sources, and gives them names that are unique in the archive.</summary>
    private async Task<IReadOnlyList<WalkSource>> NameAsync(
        Caller caller, HashIdCodec hashIds, IReadOnlyList<string> uris, CancellationToken cancellationToken)
    {
        var lookup = new PathLookup(_byPath);
        var names = new UniqueNames();
        var sources = new List<WalkSource>(uris.Count);
        foreach (var uri in uris.Distinct(StringComparer.Ordinal))
        {
            var place = await _access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, hashIds, cancellationToken);
            var entry = await lookup.GetAsync(place, cancellationToken);
            var name = entry.Name.Length > 0 ? entry.Name : "files";
            sources.Add(new WalkSource(uri, entry.IsRoot && uris.Count == 1 ? "" : names.Choose(name)));
        }
        return sources;
    }

    private async Task<(ArchiveState State, string ETag)> OpenAsync(TaskReference reference, Caller caller, ArchiveJob job, CancellationToken cancellationToken)
    {
        if (await _rows.FindAsync(reference.TaskId, cancellationToken) is { } found)
            return found;
        var content = await _writer.BeginAsync(caller, FilePath.ParsePlain(job.Destination), cancellationToken);
        await _rows.AddAsync(reference.TaskId, new ArchiveState { Content = content }, cancellationToken);
        await ReportAsync(reference, new ArchiveState { Content = content }, Compressing, cancellationToken);
        return await _rows.FindAsync(reference.TaskId, cancellationToken)
            ?? throw new RetryLaterException("The task is being ended.");
    }

    private async Task<ArchiveState> WriteSegmentAsync(
        TaskReference reference, Caller caller, ArchiveJob job, ArchiveState state, string etag, CancellationToken cancellationToken)
    {
        var hashIds = (await _settings.GetAsync(cancellationToken)).HashIds;
        var walk = new ContentWalk(
            _layout, _entities, job.Sources, (uri, token) => FindAsync(caller, hashIds, uri, token), new WalkCursor(state.Source, state.SourceId, state.Levels));
        var run = BlockOutput.NewRun();
        ArchiveState next;
        await using (var open = await OpenOutputAsync(state.Content, run, state.Blocks, state.Position, cancellationToken))
        {
            await using var segment = new ArchiveSegment(state, open.Output, ArchiveForms.Of(job.Form), _reader, _entities, _limits, caller.Group.Settings.CompressSize, _clock);
            next = await segment.WriteAsync(walk, cancellationToken);
            await open.Output.CompleteAsync(cancellationToken);
            if (state.Blocks + open.Output.Blocks > ChunkPlan.MaxBlocks - BlocksOfSize / 10)
                throw new CloudreveException(ErrorCode.FileTooLarge, "The archive is too large.");
            next = next with
            {
                Run = run,
                Segments = state.Segments + 1,
                Blocks = state.Blocks + open.Output.Blocks,
                DirectoryBytes = state.DirectoryBytes + segment.Directory.Length,
            };
            var parts = await _rows.AddDirectoryAsync(reference.TaskId, run, segment.Directory, cancellationToken);
            await _rows.ReplaceAsync(
                reference.TaskId, next, etag, new ArchiveSegmentRow(run, state.Blocks, open.Output.Blocks, parts), cancellationToken);
        }
        // If there is no space now, there will be none at the end.
        if (await _quota.GetUsedAsync(caller.UserId, cancellationToken) + next.Position > caller.Group.MaxStorage)
            throw NoRoom();
        return next;
    }

    private async Task<FileRecord> FindAsync(Caller caller, HashIdCodec hashIds, string uri, CancellationToken cancellationToken) =>
        await _byPath.GetAsync(
            await _access.OpenAsync(caller, FileUri.Parse(uri), NavigatorCapability.DownloadFile, hashIds, cancellationToken), cancellationToken);

    /// <summary>Writes the directory, and gives the file its content.</summary>
    private async Task PlaceAsync(TaskReference reference, Caller caller, ArchiveJob job, CancellationToken cancellationToken)
    {
        var (state, etag) = await _rows.FindAsync(reference.TaskId, cancellationToken) ?? throw new RetryLaterException("The task is being ended.");
        var path = FilePath.ParsePlain(job.Destination);
        if (state.Place is null)
        {
            var size = state.Position + state.DirectoryBytes + SegmentOutput.EndOf(ArchiveForms.Of(job.Form), state).Length;
            var place = await _writer.FindPlaceAsync(caller, path, size, cancellationToken);
            state = state with { Place = place };
            await _rows.ReplaceAsync(reference.TaskId, state, etag, null, cancellationToken);
        }
        await ReportAsync(reference, state, Uploading, cancellationToken);
        await _writer.WriteAsync(caller, path, state.Content, state.Place!, token => StageDirectoryAsync(reference.TaskId, ArchiveForms.Of(job.Form), state, token), cancellationToken);
    }

    private async Task<IReadOnlyList<string>> StageDirectoryAsync(long taskId, ArchiveForm form, ArchiveState state, CancellationToken cancellationToken)
    {
        var run = BlockOutput.NewRun();
        var ids = new List<string>();
        await using var open = await OpenOutputAsync(state.Content, run, state.Blocks, state.Position, cancellationToken);
        await foreach (var segment in _rows.ReadSegmentsAsync(taskId, cancellationToken))
        {
            ids.AddRange(Enumerable.Range(0, segment.Blocks).Select(i => BlockOutput.BlockId(segment.Run, i)));
            await open.Output.WriteAsync(await _rows.ReadDirectoryAsync(taskId, segment, cancellationToken), cancellationToken);
        }
        await open.Output.WriteAsync(SegmentOutput.EndOf(form, state), cancellationToken);
        await open.Output.CompleteAsync(cancellationToken);
        if (open.Output.Position != state.Place!.Size)
            throw new InvalidDataException($"The archive of task {taskId} has {open.Output.Position} bytes instead of {state.Place.Size}.");
        return [.. ids, .. Enumerable.Range(0, open.Output.Blocks).Select(i => BlockOutput.BlockId(run, i))];
    }

    private Task<StagedOutput> OpenOutputAsync(StoredContent content, string run, int blocks, long position, CancellationToken cancellationToken) =>
        StagedOutput.OpenAsync(
            _blobs, _memory, _encryption, content, run, SmallBlock << Math.Min(blocks / BlocksOfSize, Sizes), position, cancellationToken);

    private Task ReportAsync(TaskReference reference, ArchiveState state, string phase, CancellationToken cancellationToken)
    {
        var progress = new Dictionary<string, TaskProgress>
        {
            ["archive_count"] = new(0, state.Files),
            ["archive_size"] = new(0, state.FileBytes),
        };
        if (state.Place is { } place)
            progress["upload"] = new(place.Size, state.Position);
        return _runs.ReportAsync(reference, phase, progress, state.Failures, cancellationToken);
    }

    private static CloudreveException TooMany() => new(ErrorCode.TooManyUris, "The request contains too many or too long URIs.");

    private static CloudreveException NoRoom() => new(ErrorCode.QuotaExceeded, "Your storage is full.");
}
