using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;

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
/// <param name="reservations">Reserve the space for files.</param>
/// <param name="ending">Ends downloads.</param>
/// <param name="clock">Determines how long a downloader takes to begin.</param>
internal sealed class TorrentDownload(
    TaskRuns runs, DownloaderCatalog downloaders, TorrentSources sources, TorrentTransfer transfer, StepStates<TorrentState> states,
    TorrentReservations reservations, TorrentEnding ending, TimeProvider clock)
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
        await downloaders.GetAsync(caller.Group, "", null, cancellationToken);
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
        var found = await states.FindAsync(task.Id, cancellationToken);
        var id = found?.State.Id ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var (downloader, settings) = await downloaders.GetAsync(caller.Group, id, found?.State.Downloader, cancellationToken);
        var progress = found is var (state, etag)
            ? new TorrentProgress(states, task.Id, state, etag)
            : await BeginAsync(task.Id, id, downloader, settings, cancellationToken);
        if (progress.State.AddedAt is null)
            await AddAsync(task.Id, progress, downloader, caller, job, cancellationToken);
        var wait = new StepAnswer(false, settings.PollInterval);
        var snapshot = await downloader.FindAsync(progress.State.Key, cancellationToken);
        if (snapshot?.Follower is { } follower && follower != progress.State.Follower)
            await progress.SaveAsync(progress.State with { Follower = follower }, cancellationToken);
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

    /// <summary>Takes a download from the downloader, and removes what is left of it. A downloader that is away is called again later.</summary>
    /// <returns>True if all files were stored.</returns>
    public async Task<bool> DiscardAsync(TaskReference reference, CancellationToken cancellationToken)
    {
        if (await states.FindAsync(reference.TaskId, cancellationToken) is not var (state, _))
            return false;
        await ending.RunAsync(reference, state, cancellationToken);
        return state is { IsStored: true, Reason: null };
    }

    /// <summary>Forgets the state of a download that has ended.</summary>
    public Task ClearAsync(TaskReference reference, CancellationToken cancellationToken) => states.ClearAsync(reference.TaskId, cancellationToken);

    /// <summary>A new download gets its name before the downloader hears of it.</summary>
    private async Task<TorrentProgress> BeginAsync(long taskId, string id, IDownloader downloader, NodeSettings settings, CancellationToken cancellationToken)
    {
        var begun = new TorrentState
        {
            Id = id,
            Folder = DownloadFolder.PathOf(downloader.TempPath, id),
            Downloader = downloaders.AccessOf(settings, id),
            BegunAt = clock.GetUtcNow(),
        };
        var progress = new TorrentProgress(states, taskId, begun, null);
        await progress.SaveAsync(begun, cancellationToken);
        return progress;
    }

    private async Task AddAsync(
        long taskId, TorrentProgress progress, IDownloader downloader, Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        var key = progress.State.Key;
        // An earlier run may have died between the two.
        if (await downloader.FindAsync(key, cancellationToken) is null)
            await downloader.AddAsync(key, await sources.ReadAsync(caller, job, cancellationToken), cancellationToken);
        try
        {
            await progress.SaveAsync(progress.State with { AddedAt = clock.GetUtcNow() }, cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The task was ended meanwhile.
            await ending.RemoveAsync(taskId, progress.State, cancellationToken);
            throw;
        }
    }

    /// <summary>Shows the progress, and passes on which files are wanted.</summary>
    /// <returns>True if all wanted files are there; null when the task is to end.</returns>
    private async Task<bool?> MonitorAsync(
        WorkflowTask task, Caller caller, TorrentProgress progress, IDownloader downloader, DownloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Files.Count > 0 && snapshot.Files.All(file => task.Deselected.Contains(file.Index)))
            return null;
        await ReserveAsync(task, caller, progress, snapshot, cancellationToken);
        var isSelected = progress.State.Deselected.SequenceEqual(task.Deselected);
        if (!isSelected)
        {
            await downloader.SelectAsync(progress.State.Key, snapshot.Files.ToDictionary(file => file.Index, file => !task.Deselected.Contains(file.Index)), cancellationToken);
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

    /// <summary>Reserves the space for the files that are wanted, once their sizes are known: no transaction while nothing changes.</summary>
    private async Task ReserveAsync(WorkflowTask task, Caller caller, TorrentProgress progress, DownloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.Files.Count > MaxFiles || snapshot.Files.Sum(file => (long)file.Name.Length) > MaxNameCharacters)
            throw new CloudreveException(ErrorCode.BadParameter, "The torrent has too many files.");
        var size = snapshot.Files.Where(file => !task.Deselected.Contains(file.Index)).Sum(file => file.Size);
        if (size == progress.State.Reserved)
            return;
        await reservations.SetAsync(caller, task.Id, size, cancellationToken);
        await progress.SaveAsync(progress.State with { Reserved = size }, cancellationToken);
    }

    /// <returns>False when the task is to end.</returns>
    private async Task<bool> SeedAsync(WorkflowTask task, DownloadSnapshot snapshot, TorrentState state, CancellationToken cancellationToken) =>
        await runs.ReportDownloadAsync(
            new TaskReference(task.Id, task.OwnerId), RemoteDownload.Seeding, snapshot.Describe(state.Deselected), task.Progress, state.Refused.Count, cancellationToken)
            is { IsAtWork: true };

    private static CloudreveException Lost() => new(ErrorCode.UnsetError, "The downloader no longer knows the download. Start it again.");
}
