using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Stores the files of a downloaded torrent in the drive, some at a time. Files that cannot be stored are counted, and the rest continues.</summary>
/// <param name="runs">Reports progress.</param>
/// <param name="writer">Writes files.</param>
/// <param name="byPath">Finds files that an earlier run wrote.</param>
/// <param name="settings">Limits how many at once.</param>
/// <param name="clock">Limits steps.</param>
internal sealed class TorrentTransfer(TaskRuns runs, FileContentWriter writer, EntriesByPath byPath, SettingStore settings, TimeProvider clock)
{
    private const int MaxWorkers = 8;

    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    /// <summary>Stores the next files.</summary>
    /// <param name="task">The task.</param>
    /// <param name="caller">Its owner.</param>
    /// <param name="job">The request.</param>
    /// <param name="progress">The state.</param>
    /// <param name="snapshot">The download, all of which is there.</param>
    /// <exception cref="CloudreveException">No file can be stored any more.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<StepAnswer> StepAsync(
        WorkflowTask task, Caller caller, RemoteDownloadJob job, TorrentProgress progress, DownloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        var paths = TorrentPaths.Of(FilePath.ParsePlain(job.Destination), snapshot.Files);
        var wanted = snapshot.Files.Where(file => !progress.State.Deselected.Contains(file.Index)).ToList();
        var workers = (int)Math.Min((await settings.GetAsync(cancellationToken)).Get(RemoteDownloadSetting.ParallelTransfers), MaxWorkers);
        var open = new Queue<DownloadedFile>(wanted.Where(file => !progress.State.Stored.Contains(file.Index) && !progress.State.Refused.Contains(file.Index)));
        for (var start = clock.GetTimestamp(); open.Count > 0;)
        {
            if (clock.GetElapsedTime(start) > s_stepTime)
                return StepAnswer.Again;
            var round = Enumerable.Range(0, Math.Min(workers, open.Count)).Select(_ => open.Dequeue()).ToList();
            await StoreAsync(caller, progress, round, paths, cancellationToken);
            if (!await ReportAsync(task, progress.State, snapshot, wanted, cancellationToken))
                return StepAnswer.Done;
        }
        await progress.SaveAsync(progress.State with { IsStored = true }, cancellationToken);
        return StepAnswer.Again;
    }

    /// <summary>Stores some files in parallel, and notes the results.</summary>
    private async Task StoreAsync(
        Caller caller, TorrentProgress progress, IReadOnlyList<DownloadedFile> round, Dictionary<int, FilePath> paths, CancellationToken cancellationToken)
    {
        var failures = await Task.WhenAll(round.Select(file => StoreAsync(caller, progress.State.Folder, file, paths.GetValueOrDefault(file.Index), cancellationToken)));
        var stored = round.Where((_, i) => failures[i] is null).ToList();
        await progress.SaveAsync(
            progress.State with
            {
                Stored = [.. progress.State.Stored, .. stored.Select(file => file.Index)],
                StoredBytes = progress.State.StoredBytes + stored.Sum(file => file.Size),
                Refused = [.. progress.State.Refused, .. round.Where((_, i) => failures[i] is not null).Select(file => file.Index)],
                Reason = progress.State.Reason ?? Array.Find(failures, failure => failure is not null),
            },
            cancellationToken);
    }

    /// <returns>The reason that the file cannot be stored; null when it is.</returns>
    /// <exception cref="CloudreveException">40051: there is no space, for this or any other file.</exception>
    private async Task<string?> StoreAsync(Caller caller, string folder, DownloadedFile file, FilePath? path, CancellationToken cancellationToken)
    {
        if (path is null)
            return $"{file.Name}: Its path is too deep.";
        if (DownloadFolder.Find(folder, file) is not { } found)
            return $"{file.Name}: It is not in the folder that the downloader and the site share.";
        var request = new ContentRequest(path, file.Size) { ModifiedAt = StampOf(found) };
        try
        {
            if (await byPath.FindAsync(caller.UserId, path, cancellationToken) is { Type: FileType.File } earlier && earlier.Size == file.Size && earlier.UpdatedAt == request.ModifiedAt)
                return null;
            await using var content = found.OpenRead();
            await writer.WriteAsync(caller, request, content, cancellationToken);
            return null;
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.Conflict or ErrorCode.TooManyRequests or ErrorCode.LockConflict)
        {
            throw new RetryLaterException(e.Message, e);
        }
        catch (CloudreveException e) when (e.Code is not (ErrorCode.QuotaExceeded or ErrorCode.PolicyNotAllowed))
        {
            return $"{file.Name}: {e.Message}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{file.Name}: The site may not read it.";
        }
    }

    /// <summary>The time by which a file that an earlier run stored is recognized, as precise as storage keeps it.</summary>
    private static DateTimeOffset StampOf(FileInfo file)
    {
        var time = file.LastWriteTimeUtc;
        return new DateTimeOffset(time.Ticks - (time.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    /// <returns>False when the task is to end.</returns>
    private async Task<bool> ReportAsync(
        WorkflowTask task, TorrentState state, DownloadSnapshot snapshot, List<DownloadedFile> wanted, CancellationToken cancellationToken)
    {
        var progress = new Dictionary<string, TaskProgress>
        {
            ["upload_count"] = new(wanted.Count, state.Stored.Count),
            ["upload"] = new(wanted.Sum(file => file.Size), state.StoredBytes),
        };
        var reported = await runs.ReportDownloadAsync(
            new TaskReference(task.Id, task.OwnerId), RemoteDownload.Transferring, snapshot.Describe(state.Deselected), progress, state.Refused.Count, cancellationToken);
        return reported is { IsAtWork: true };
    }
}
