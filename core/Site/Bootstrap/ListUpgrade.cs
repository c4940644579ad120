using Cloudreve.Core.Accounts;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Site.Bootstrap;

/// <summary>
/// Upgrades a site that is older than the administration's lists: the index of accounts, and columns that rows of links
/// and tasks lacked. Files need nothing: their rows have had owner and type from the beginning, and are in order of id without a time.
/// </summary>
public sealed class ListUpgrade(UserStore users, ShareStore shares, TaskStore tasks)
{
    /// <summary>Number of rows that are upgraded at a time.</summary>
    internal const int Writers = 16;

    /// <summary>
    /// Completes the lists: a transaction for each account, two for each link and task that lacks something, and one for each 1,000 others.
    /// Harmless to repeat and to run by several processes at once.
    /// </summary>
    /// <param name="cancellationToken">Cancels the upgrade; the next start continues.</param>
    public Task RunAsync(CancellationToken cancellationToken = default) => Task.WhenAll(
        users.ListAllAsync(cancellationToken), shares.CompleteListAsync(cancellationToken), tasks.CompleteListAsync(cancellationToken));
}
