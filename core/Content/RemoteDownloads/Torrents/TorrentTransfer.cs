using System.Runtime.ExceptionServices;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Stores the files of a downloaded torrent in the drive, some at a time. Files that cannot be stored are counted, and the rest continues.</summary>
/// <param name="runs">Reports progress.</param>
/// <param name="files">Stores files.</param>
/// <param name="reservations">Give back what is reserved.</param>
/// <param name="settings">Limits how many at once.</param>
/// <param name="clock">Limits steps.</param>
internal sealed class TorrentTransfer(TaskRuns runs, TorrentFiles files, TorrentReservations reservations, SettingStore settings, TimeProvider clock)
{
    private const int MaxWorkers = 8;

    // Until then it is counted twice: as reserved, and as stored.
    private const long ReleaseBytes = 64L << 20;

    // Programs rename and move files after they say that all is there.
    private const int MaxLooks = 6;
    private const int LookInterval = 5;

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
        var round = new TransferRound(progress, snapshot, TorrentPaths.Of(FilePath.ParsePlain(job.Destination), snapshot.Files));
        var workers = (int)Math.Min((await settings.GetAsync(cancellationToken)).Get(RemoteDownloadSetting.ParallelTransfers), MaxWorkers);
        for (var start = clock.GetTimestamp(); round.Open.Count > 0;)
        {
            if (clock.GetElapsedTime(start) > s_stepTime)
                return StepAnswer.Again;
            var outcomes = await Task.WhenAll(round.Open.Take(workers).Select(file => files.StoreAsync(caller, round, file, cancellationToken)));
            await NoteAsync(task, caller, round, outcomes, cancellationToken);
            if (!await ReportAsync(task, round, cancellationToken))
                return StepAnswer.Done;
        }
        if (round.Missing.Count > 0 && progress.State.Looks < MaxLooks)
        {
            await progress.SaveAsync(progress.State with { Looks = progress.State.Looks + 1 }, cancellationToken);
            return new StepAnswer(false, LookInterval);
        }
        foreach (var file in round.Missing)
            round.Refuse(file, "It is not in the folder that the downloader and the site share.");
        await SaveAsync(task, caller, progress, round.State with { IsStored = true }, 0, cancellationToken);
        return StepAnswer.Again;
    }

    /// <summary>Notes what became of some files, and then throws what kept others from being stored now.</summary>
    private async Task NoteAsync(WorkflowTask task, Caller caller, TransferRound round, FileOutcome[] outcomes, CancellationToken cancellationToken)
    {
        foreach (var outcome in outcomes)
            round.Add(outcome);
        var reserved = round.Remaining is var rest && Math.Abs(round.State.Reserved - rest) >= ReleaseBytes ? rest : round.State.Reserved;
        if (round.HasChanged)
            await SaveAsync(task, caller, round.Progress, round.State, reserved, cancellationToken);
        round.Kept();
        if (Array.Find(outcomes, outcome => outcome.Obstacle is not null) is { Obstacle: { } obstacle })
            ExceptionDispatchInfo.Throw(obstacle);
    }

    private async Task SaveAsync(
        WorkflowTask task, Caller caller, TorrentProgress progress, TorrentState next, long reserved, CancellationToken cancellationToken)
    {
        if (reserved != next.Reserved)
            await reservations.SetAsync(caller, task.Id, reserved, cancellationToken);
        await progress.SaveAsync(next with { Reserved = reserved }, cancellationToken);
    }

    /// <returns>False when the task is to end.</returns>
    private async Task<bool> ReportAsync(WorkflowTask task, TransferRound round, CancellationToken cancellationToken)
    {
        var state = round.State;
        var progress = new Dictionary<string, TaskProgress>
        {
            ["upload_count"] = new(round.Wanted.Count, state.Stored.Count),
            ["upload"] = new(round.Wanted.Sum(file => file.Size), state.StoredBytes + state.Staged.Where(file => !state.Refused.Contains(file.Index)).Sum(file => file.Position)),
        };
        var reported = await runs.ReportDownloadAsync(
            new TaskReference(task.Id, task.OwnerId), RemoteDownload.Transferring, round.Snapshot.Describe(state.Deselected), progress, state.Refused.Count, cancellationToken);
        return reported is { IsAtWork: true };
    }
}
