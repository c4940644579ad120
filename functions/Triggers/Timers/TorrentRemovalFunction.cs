using Cloudreve.Core.Content.RemoteDownloads.Torrents;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Removes downloads that have ended from downloaders that were away at the time.</summary>
internal sealed class TorrentRemovalFunction(TorrentRemovals removals)
{
    /// <summary>Tries what is due: one transaction while there is nothing.</summary>
    [Function("RemoveTorrents")]
    public Task RunAsync([TimerTrigger("20 */10 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => removals.RunAsync(cancellationToken);
}
