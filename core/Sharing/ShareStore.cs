using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Site.Bootstrap;

namespace Cloudreve.Core.Sharing;

/// <summary>
/// The rows of share links. A link is a row among its owner's, so that one query reads all of them; another row, which never changes,
/// maps an id to its owner. A link exists as long as the first row does.
/// </summary>
/// <param name="clock">Determines the age of what was read.</param>
public sealed class ShareStore(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The time that a process caches the set of an owner's shared files.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(15);

    private const string Owner = SiteLists.LinkOwner;
    private const int MaxOwners = 100_000;
    private const int MaxSharedFiles = 100_000;

    private static readonly TimeSpan OwnerAge = TimeSpan.FromHours(1);

    private readonly BoundedCache<long, long?> _owners = new(MaxOwners, clock);
    private readonly BoundedCache<long, IReadOnlySet<long>> _sharedFiles = new(MaxSharedFiles, clock);

    /// <summary>Finds a link: two transactions, one when the process knows its owner; null when there is none.</summary>
    public async Task<Share?> FindAsync(long id, CancellationToken cancellationToken = default) =>
        await FindOwnerAsync(id, cancellationToken) is { } ownerId ? await FindAsync(ownerId, id, cancellationToken) : null;

    /// <summary>All links of an owner, the oldest first: one transaction for each 1,000.</summary>
    public async Task<IReadOnlyList<Share>> ListAsync(long ownerId, CancellationToken cancellationToken = default)
    {
        var shares = new List<Share>();
        await foreach (var row in layout.Shares.QueryAsync(new RowRange(Share.Partition(ownerId)), cancellationToken))
            shares.Add(Share.FromRow(row, ownerId));
        var files = shares.Select(share => share.FileId).ToHashSet();
        _sharedFiles.Keep(ownerId, files, clock.GetUtcNow() + MaxAge, Math.Max(1, files.Count));
        return shares;
    }

    /// <summary>Lists an owner's files that have links: as many transactions as <see cref="ListAsync"/>, none within <see cref="MaxAge"/>.</summary>
    public async ValueTask<IReadOnlySet<long>> ListFilesAsync(long ownerId, CancellationToken cancellationToken = default) =>
        _sharedFiles.Find(ownerId) ?? (await ListAsync(ownerId, cancellationToken)).Select(share => share.FileId).ToHashSet();

    /// <summary>Writes a new link: two transactions. Harmless to repeat.</summary>
    public async Task SaveAsync(Share share, CancellationToken cancellationToken = default)
    {
        // The owner's row alone could not be found by id; the other row leads nowhere until the link exists.
        await layout.Shares.UpsertAsync(DescribeId(share), cancellationToken);
        await layout.Shares.UpsertAsync(share.ToRow(), cancellationToken);
        _sharedFiles.Forget(share.OwnerId);
        _owners.Keep(share.Id, share.OwnerId, clock.GetUtcNow() + OwnerAge);
    }

    /// <summary>Changes a link: two transactions, more when others change it at the same time.</summary>
    /// <param name="share">The link, as it was read.</param>
    /// <param name="change">The change; it is asked again when somebody else changed the link in between.</param>
    /// <exception cref="CloudreveException">404: the link is gone.</exception>
    public async Task<Share> ChangeAsync(Share share, Func<Share, Share> change, CancellationToken cancellationToken = default)
    {
        var write = Guid.NewGuid().ToString("N");
        while (true)
        {
            var changed = change(share) with { Write = write };
            try
            {
                await layout.Shares.ReplaceAsync(changed.ToRow(), share.ETag, cancellationToken);
                return changed;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
            {
                // Counted, changed by another call, deleted, or written by this call itself, whose response was lost.
                share = await FindAsync(share.OwnerId, share.Id, cancellationToken) ?? throw Gone();
                if (share.Write == write)
                    return share;
            }
        }
    }

    /// <summary>Deletes a link: two transactions. Harmless to repeat.</summary>
    public async Task DeleteAsync(Share share, CancellationToken cancellationToken = default)
    {
        await layout.Shares.DeleteAsync(Share.Partition(share.OwnerId), FileKeys.Id(share.Id), cancellationToken: cancellationToken);
        await layout.Shares.DeleteAsync(FileKeys.IdBlock(share.Id), FileKeys.Id(share.Id), cancellationToken: cancellationToken);
        _sharedFiles.Forget(share.OwnerId);
    }

    /// <summary>Deletes all links of an owner: one transaction for each 1,000, and two for each. Harmless to repeat.</summary>
    internal async Task ClearAsync(long ownerId, CancellationToken cancellationToken)
    {
        foreach (var share in await ListAsync(ownerId, cancellationToken))
        {
            // The owner's row is found again if the process dies in between.
            await layout.Shares.DeleteAsync(FileKeys.IdBlock(share.Id), FileKeys.Id(share.Id), cancellationToken: cancellationToken);
            await layout.Shares.DeleteAsync(Share.Partition(ownerId), FileKeys.Id(share.Id), cancellationToken: cancellationToken);
        }
        _sharedFiles.Forget(ownerId);
    }

    /// <summary>
    /// Completes the rows of ids, which had only the owner on older sites: one transaction for each 1,000 links, two for each that lacks
    /// something. Harmless to repeat.
    /// </summary>
    internal Task CompleteListAsync(CancellationToken cancellationToken) => BoundedParallel.ForEachAsync(
        layout.Shares.ScanAsync("PartitionKey ge '0' and PartitionKey lt 'g'", cancellationToken).Where(row => row.Time(SiteLists.Created) is null),
        ListUpgrade.Writers,
        async (row, token) =>
        {
            // Only a row that still exists: a row that is deleted meanwhile must not be restored.
            if (await FindAsync(row.RequiredNumber(Owner), FileKeys.ParseId(row.RowKey), token) is { } share)
                await layout.Shares.TryMergeAsync(DescribeId(share), token);
        },
        cancellationToken);

    /// <summary>The row with the owner of a link, and the values that lists of links are filtered and sorted by.</summary>
    internal static Row DescribeId(Share share) => new(FileKeys.IdBlock(share.Id), FileKeys.Id(share.Id))
    {
        [Owner] = share.OwnerId,
        [SiteLists.LinkedFile] = share.FileId,
        [SiteLists.Created] = share.CreatedAt,
    };

    /// <summary>
    /// Counts a download, and subtracts it from the remaining ones: two or three transactions, more when others download at the same time.
    /// </summary>
    /// <exception cref="CloudreveException">404: the link is gone, or others took the last download.</exception>
    public async Task CountDownloadAsync(long id, CancellationToken cancellationToken = default)
    {
        var share = await FindAsync(id, cancellationToken) ?? throw Gone();
        await ChangeAsync(
            share,
            current => current.RemainingDownloads <= 0
                ? throw Gone()
                : current with { Downloads = current.Downloads + 1, RemainingDownloads = current.RemainingDownloads - 1 },
            cancellationToken);
    }

    private static CloudreveException Gone() => new(ErrorCode.NotFound, "The share does not exist or has expired.");

    /// <summary>Finds a link of a known owner. One transaction.</summary>
    internal async Task<Share?> FindAsync(long ownerId, long id, CancellationToken cancellationToken) =>
        await layout.Shares.FindAsync(Share.Partition(ownerId), FileKeys.Id(id), cancellationToken) is { } row ? Share.FromRow(row, ownerId) : null;

    private async ValueTask<long?> FindOwnerAsync(long id, CancellationToken cancellationToken)
    {
        if (_owners.Find(id) is { } known)
            return known;
        var row = await layout.Shares.FindAsync(FileKeys.IdBlock(id), FileKeys.Id(id), cancellationToken);
        if (row?.RequiredNumber(Owner) is { } ownerId)
            _owners.Keep(id, ownerId, clock.GetUtcNow() + OwnerAge);
        return row?.RequiredNumber(Owner);
    }
}
