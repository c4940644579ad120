using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>
/// Downloads the file behind a link, straight to blocks of its final blob. A download continues where it ended if the site can do that.
/// Every method may be called again after a crash.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="runs">Reports progress.</param>
/// <param name="writer">Gives files their content.</param>
/// <param name="stages">Stages what a site sends.</param>
/// <param name="states">The states of downloads.</param>
/// <param name="source">Calls other sites.</param>
internal sealed class LinkDownload(
    TaskStore tasks, TaskRuns runs, StoredContentWriter writer, LinkStages stages, StepStates<RemoteDownloadState> states, RemoteSource source)
{
    private const int MaxRestarts = 3;

    /// <summary>Downloads the next bytes of a task, and gives the file its content when all are there.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="caller">Its owner.</param>
    /// <param name="job">The request.</param>
    /// <returns>True if there is nothing left to do.</returns>
    /// <exception cref="CloudreveException">The file cannot be downloaded.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<bool> StepAsync(TaskReference reference, Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        var found = await states.FindAsync(reference.TaskId, cancellationToken);
        if (found is not { State.IsRead: true })
        {
            var read = await DownloadAsync(reference, caller, job, found, cancellationToken);
            if (read is null || !read.IsRead)
                return read is null;
        }
        // The owner may have canceled or deselected it in the meantime.
        if (await tasks.FindAsync(reference.OwnerId, reference.TaskId, cancellationToken) is not { IsAtWork: true, Deselected: [] })
            return true;
        await PlaceAsync(reference, caller, job, cancellationToken);
        return true;
    }

    /// <summary>Removes what was downloaded, unless the file has received it.</summary>
    /// <returns>True if the file has received it; null when nothing was begun.</returns>
    public async Task<bool?> DiscardAsync(TaskReference reference, CancellationToken cancellationToken) =>
        await states.FindAsync(reference.TaskId, cancellationToken) is var (state, _)
            ? !await writer.DiscardAsync(reference.OwnerId, state.Content, state.Place, cancellationToken)
            : null;

    /// <summary>Forgets the state of a download that has ended.</summary>
    public Task ClearAsync(TaskReference reference, CancellationToken cancellationToken) => states.ClearAsync(reference.TaskId, cancellationToken);

    /// <returns>The state after the next bytes; null when the task is to end.</returns>
    private async Task<RemoteDownloadState?> DownloadAsync(
        TaskReference reference, Caller caller, RemoteDownloadJob job, (RemoteDownloadState State, string ETag)? found, CancellationToken cancellationToken)
    {
        var (before, etag) = found is var (known, version) ? (known, version) : (null, null);
        using var answer = await source.OpenAsync(RemoteSource.Parse(job.Source), before?.Position ?? 0, before?.Version, cancellationToken);
        if (before is null)
        {
            var name = RemoteName.Of(answer);
            before = new RemoteDownloadState { Name = name, Content = await writer.BeginAsync(caller, PathOf(job, name), cancellationToken) };
            etag = await states.WriteAsync(reference.TaskId, before, null, cancellationToken);
        }
        var state = before with { Total = answer.Total };
        if (answer.Start == 0)
        {
            // Other content starts from its beginning; blocks that no list names are dropped in the end.
            var isRestart = before.Position > 0 || before.MustComeWhole;
            if (isRestart && before.Restarts == MaxRestarts)
                throw new CloudreveException(ErrorCode.UnsetError, "The other site cannot continue the download.");
            state = state with { Position = 0, Stretches = [], Version = answer.Version, Restarts = before.Restarts + (isRestart ? 1 : 0) };
            // Before anything is staged, so that a site which breaks off again and again cannot begin without an end.
            if (isRestart)
                etag = await states.WriteAsync(reference.TaskId, state, etag, cancellationToken);
        }
        var stage = await stages.BeginAsync(reference, caller, PathOf(job, before.Name), state, answer, cancellationToken);
        if (await stage.RunAsync(cancellationToken) is not { } next)
            return null;
        await states.WriteAsync(reference.TaskId, next, etag, cancellationToken);
        return next;
    }

    /// <summary>Gives the file its content.</summary>
    private async Task PlaceAsync(TaskReference reference, Caller caller, RemoteDownloadJob job, CancellationToken cancellationToken)
    {
        var (state, etag) = await states.FindAsync(reference.TaskId, cancellationToken) ?? throw new RetryLaterException("The task is being ended.");
        var path = PathOf(job, state.Name);
        if (state.Place is null)
        {
            state = state with { Place = await writer.FindPlaceAsync(caller, path, state.Position, cancellationToken) };
            await states.WriteAsync(reference.TaskId, state, etag, cancellationToken);
        }
        var progress = new Dictionary<string, TaskProgress> { ["upload_count"] = new(1, 0), ["upload"] = new(state.Place!.Size, state.Place.Size) };
        await runs.ReportDownloadAsync(
            reference, RemoteDownload.Transferring, state.Describe(0) with { State = DownloadStatus.Completed }, progress, failed: 0, cancellationToken);
        IReadOnlyList<string> blocks =
            [.. state.Stretches.SelectMany(stretch => Enumerable.Range(0, stretch.Blocks).Select(i => BlockOutput.BlockId(stretch.Run, i)))];
        await writer.WriteAsync(caller, path, state.Content, state.Place, _ => Task.FromResult(blocks), cancellationToken);
    }

    private static FilePath PathOf(RemoteDownloadJob job, string name) => new([.. FilePath.ParsePlain(job.Destination).Segments, name]);
}
