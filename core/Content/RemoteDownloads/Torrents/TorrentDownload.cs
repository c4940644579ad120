using System.Security.Cryptography;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>
/// Has torrents and magnet links downloaded by the node's downloader, stores the files in the drive, and waits while they are shared with others.
/// Every method may be called again after a crash.
/// </summary>
/// <param name="runs">Reports progress.</param>
/// <param name="downloaders">The downloaders.</param>
/// <param name="sources">Reads torrents.</param>
/// <param name="transfer">Stores files.</param>
/// <param name="states">The states of downloads.</param>
/// <param name="quota">The space used.</param>
/// <param name="clock">Determines how long a downloader takes to begin.</param>
/// <param name="logger">Receives what users are not told.</param>
internal sealed class TorrentDownload(
    TaskRuns runs, DownloaderCatalog downloaders, TorrentSources sources, TorrentTransfer transfer, StepStates<TorrentState> states, QuotaLedger quota,
    TimeProvider clock, ILogger<TorrentDownload> logger)
{
    private const int IdBytes = 8;

    // A task's row has to hold their list.
    private const int MaxFiles = 2_000;
    private const int MaxNameCharacters = 150_000;

    // A downloader may answer before it has begun.
    private static readonly TimeSpan s_beginning = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, TaskProgress> s_noTransfer = [];

    /// <summary>Throws unless a source can be downloaded. Nothing is begun.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="job">The request.</param>
    /// <exception cref="CloudreveException">40019: there is no downloader; 40001, 40049 and others: the source cannot be read.</exception>
    public async Task CheckAsync(Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        if (!job.IsFile)
            MagnetLink.Parse(job.Source);
        await downloaders.GetAsync(caller.Group, cancellationToken);
        if (job.IsFile)
            await sources.ReadAsync(caller, job, cancellationToken);
    }

    /// <summary>Does the next step of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="caller">Its owner.</param>
    /// <param name="job">The request.</param>
    /// <exception cref="CloudreveException">The download cannot succeed.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<StepAnswer> StepAsync(WorkflowTask task, Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        var (downloader, settings) = await downloaders.GetAsync(caller.Group, cancellationToken);
        var progress = await BeginAsync(task, downloader, cancellationToken);
        if (progress.State.AddedAt is null)
            await AddAsync(progress, downloader, caller, job, cancellationToken);
        var wait = new StepAnswer(false, settings.PollInterval);
        var snapshot = await downloader.FindAsync(progress.State.Id, progress.State.Folder, cancellationToken);
        if (progress.State is { IsStored: true, Reason: { } reason } stored)
            throw new CloudreveException(ErrorCode.UnsetError, $"{stored.Refused.Count} of {stored.Stored.Count + stored.Refused.Count} files could not be stored. {reason}");
        if (progress.State.IsStored)
            return settings.WaitForSeeding && snapshot is { State: DownloadState.Seeding } && await SeedAsync(task, snapshot, progress.State, cancellationToken) ? wait : StepAnswer.Done;
        if (snapshot is null)
            return clock.GetUtcNow() - progress.State.AddedAt < s_beginning ? wait : throw Lost();
        if (snapshot.State == DownloadState.Failed)
            throw new CloudreveException(ErrorCode.UnsetError, snapshot.Error ?? "The downloader gave up.");
        if (!progress.State.IsDownloaded)
        {
            if (await MonitorAsync(task, caller, progress, downloader, snapshot, cancellationToken) is not { } isDownloaded)
                return StepAnswer.Done;
            if (!isDownloaded)
                return wait;
        }
        return await transfer.StepAsync(task, caller, job, progress, snapshot, cancellationToken);
    }

    /// <summary>Takes a download from the downloader and removes its files. A downloader that does not respond is left alone.</summary>
    /// <returns>True if all files were stored.</returns>
    public async Task<bool> DiscardAsync(TaskReference reference, CancellationToken cancellationToken)
    {
        if (await states.FindAsync(reference.TaskId, cancellationToken) is not var (state, _))
            return false;
        await TryAsync(state, async () =>
        {
            if (await downloaders.FindAsync(cancellationToken) is { } downloader)
                await downloader.RemoveAsync(state.Id, cancellationToken);
        });
        await TryAsync(state, () =>
        {
            DownloadFolder.Delete(state.Folder);
            return Task.CompletedTask;
        });
        return state is { IsStored: true, Reason: null };
    }

    /// <summary>Forgets the state of a download that has ended.</summary>
    public Task ClearAsync(TaskReference reference, CancellationToken cancellationToken) => states.ClearAsync(reference.TaskId, cancellationToken);

    private async Task TryAsync(TorrentState state, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.LogWarning(e, "The download {Download} could not be removed from the downloader or its folder", state.Id);
        }
    }

    /// <summary>The state; a new download gets its name before the downloader hears of it.</summary>
    private async Task<TorrentProgress> BeginAsync(WorkflowTask task, IDownloader downloader, CancellationToken cancellationToken)
    {
        if (await states.FindAsync(task.Id, cancellationToken) is var (state, etag))
            return new TorrentProgress(states, task.Id, state, etag);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var begun = new TorrentState { Id = id, Folder = DownloadFolder.PathOf(downloader.TempPath, id) };
        var progress = new TorrentProgress(states, task.Id, begun, null);
        await progress.SaveAsync(begun, cancellationToken);
        return progress;
    }

    private async Task AddAsync(TorrentProgress progress, IDownloader downloader, Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        // An earlier run may have died between the two.
        if (await downloader.FindAsync(progress.State.Id, progress.State.Folder, cancellationToken) is null)
            await downloader.AddAsync(progress.State.Id, await sources.ReadAsync(caller, job, cancellationToken), progress.State.Folder, cancellationToken);
        await progress.SaveAsync(progress.State with { AddedAt = clock.GetUtcNow() }, cancellationToken);
    }

    /// <summary>Shows the progress, and passes on which files are wanted.</summary>
    /// <returns>True if all wanted files are there; null when the task is to end.</returns>
    private async Task<bool?> MonitorAsync(
        WorkflowTask task, Caller caller, TorrentProgress progress, IDownloader downloader, DownloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Files.Count > 0 && snapshot.Files.All(file => task.Deselected.Contains(file.Index)))
            return null;
        await CheckFilesAsync(caller, snapshot, task.Deselected, cancellationToken);
        var isSelected = progress.State.Deselected.SequenceEqual(task.Deselected);
        if (!isSelected)
        {
            await downloader.SelectAsync(progress.State.Id, snapshot.Files.ToDictionary(file => file.Index, file => !task.Deselected.Contains(file.Index)), cancellationToken);
            await progress.SaveAsync(progress.State with { Deselected = task.Deselected }, cancellationToken);
        }
        var isDownloaded = isSelected && snapshot.State is DownloadState.Seeding or DownloadState.Completed;
        var reported = await runs.ReportDownloadAsync(
            new TaskReference(task.Id, task.OwnerId), isDownloaded ? RemoteDownload.Transferring : RemoteDownload.Monitoring, snapshot.Describe(task.Deselected),
            s_noTransfer, failed: 0, cancellationToken);
        if (reported is not { IsAtWork: true })
            return null;
        // The owner may have chosen other files at the last moment.
        if (!isDownloaded || !reported.Deselected.SequenceEqual(task.Deselected))
            return false;
        await progress.SaveAsync(progress.State with { IsDownloaded = true }, cancellationToken);
        return true;
    }

    private async Task CheckFilesAsync(Caller caller, DownloadSnapshot snapshot, IReadOnlyList<int> deselected, CancellationToken cancellationToken)
    {
        if (snapshot.Files.Count > MaxFiles || snapshot.Files.Sum(file => (long)file.Name.Length) > MaxNameCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "The torrent has too many files.");
        var size = snapshot.Files.Where(file => !deselected.Contains(file.Index)).Sum(file => (decimal)file.Size);
        if (size > caller.Group.MaxStorage - await quota.GetUsedAsync(caller.UserId, cancellationToken))
            throw new CloudreveException(ErrorCode.QuotaExceeded, "Your storage does not have enough space for the files.");
    }

    /// <returns>False when the task is to end.</returns>
    private async Task<bool> SeedAsync(WorkflowTask task, DownloadSnapshot snapshot, TorrentState state, CancellationToken cancellationToken) =>
        await runs.ReportDownloadAsync(
            new TaskReference(task.Id, task.OwnerId), RemoteDownload.Seeding, snapshot.Describe(state.Deselected), task.Progress, state.Refused.Count, cancellationToken)
            is { IsAtWork: true };

    private static CloudreveException Lost() => new(ErrorCode.UnsetError, "The downloader no longer knows the download. Start it again.");
}
