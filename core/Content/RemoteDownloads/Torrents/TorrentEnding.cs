using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Ends downloads: nothing stays staged, reserved, on the disk or in the downloader. Every method may be called again after a crash.</summary>
/// <param name="files">Remove what is staged.</param>
/// <param name="reservations">Give back what is reserved.</param>
/// <param name="removals">Remove downloads from their programs.</param>
internal sealed class TorrentEnding(TorrentFiles files, TorrentReservations reservations, TorrentRemovals removals)
{
    /// <summary>Ends a download.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="state">Its state.</param>
    public async Task RunAsync(TaskReference reference, TorrentState state, CancellationToken cancellationToken)
    {
        foreach (var staged in state.Staged)
            await files.DiscardAsync(reference.OwnerId, staged, cancellationToken);
        await reservations.ReleaseAsync(reference.OwnerId, reference.TaskId, cancellationToken);
        await RemoveAsync(reference.TaskId, state, cancellationToken);
    }

    /// <summary>Removes a download from its program and its folder.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="state">Its state.</param>
    public Task RemoveAsync(long taskId, TorrentState state, CancellationToken cancellationToken) => removals.RemoveAsync(taskId, state, cancellationToken);
}
