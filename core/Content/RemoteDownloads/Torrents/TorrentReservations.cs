using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>
/// Charges the owners of torrents for files that are not stored yet, as uploads do: downloads side by side do not count on the same free space. The
/// ledger's operations are the truth; what a state notes of them may be older.
/// </summary>
/// <param name="quota">The ledger.</param>
internal sealed class TorrentReservations(QuotaLedger quota)
{
    /// <summary>The start of all operations.</summary>
    public const string Prefix = "torrent-";

    /// <summary>Changes how much is reserved: three transactions, one when that is so already.</summary>
    /// <param name="caller">The owner.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="bytes">The bytes of all files that are still to be stored.</param>
    /// <exception cref="CloudreveException">40051: the owner does not have as much space.</exception>
    public async Task SetAsync(Caller caller, long taskId, long bytes, CancellationToken cancellationToken)
    {
        var held = await quota.SumAsync(caller.UserId, PrefixOf(taskId), cancellationToken);
        if (!await quota.TryChargeAsync(caller.UserId, PrefixOf(taskId) + Guid.NewGuid().ToString("N"), bytes - held, caller.Group.MaxStorage, cancellationToken))
            throw new CloudreveException(ErrorCode.QuotaExceeded, "Your storage does not have enough space for the files.");
    }

    /// <summary>Gives everything back that is still reserved. Harmless to repeat.</summary>
    public Task ReleaseAsync(long ownerId, long taskId, CancellationToken cancellationToken) => quota.ReverseAllAsync(ownerId, PrefixOf(taskId), cancellationToken);

    private static string PrefixOf(long taskId) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{taskId:x}-");
}
