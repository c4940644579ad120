using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>The state of a step, with the version that was read.</summary>
/// <param name="states">All states.</param>
/// <param name="taskId">The task.</param>
/// <param name="state">The state that was read.</param>
/// <param name="etag">Its version; null for a new one.</param>
internal sealed class TorrentProgress(StepStates<TorrentState> states, long taskId, TorrentState state, string? etag)
{
    private string? _etag = etag;

    /// <summary>The task.</summary>
    public long TaskId => taskId;

    /// <summary>The state.</summary>
    public TorrentState State { get; private set; } = state;

    /// <summary>Writes the next state: one transaction.</summary>
    public async Task SaveAsync(TorrentState next, CancellationToken cancellationToken)
    {
        _etag = await states.WriteAsync(taskId, next, _etag, cancellationToken);
        State = next;
    }
}
