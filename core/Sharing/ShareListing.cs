using System.Globalization;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Sharing;

/// <summary>Sort orders of links.</summary>
public enum ShareOrder
{
    /// <summary>Their ids, which is the order of creation.</summary>
    Id,

    /// <summary>Number of views.</summary>
    Visits,

    /// <summary>Number of downloads.</summary>
    Downloads,

    /// <summary>Number of downloads left; links without a limit come last.</summary>
    RemainingDownloads,
}

/// <summary>A page of links.</summary>
/// <param name="Order">The order of the links.</param>
/// <param name="IsDescending">True for descending order.</param>
/// <param name="PageSize">Their number.</param>
/// <param name="Token">The end of the previous page; null for the first page.</param>
public sealed record SharePageRequest(ShareOrder Order, bool IsDescending, int PageSize, string? Token);

/// <summary>A link in a list.</summary>
/// <param name="File">The shared file or folder; null when it is gone or in the trash.</param>
public sealed record ListedShare(Share Share, FileRecord? File);

/// <summary>A page of links.</summary>
/// <param name="Shares">The links.</param>
/// <param name="NextToken">The end of the page; null for the last page.</param>
public sealed record SharePage(IReadOnlyList<ListedShare> Shares, string? NextToken);

/// <summary>Lists an owner's links (contract, sections 10 and 17).</summary>
/// <param name="byId">The tree that they show.</param>
/// <param name="clock">Determines which have ended.</param>
public sealed class ShareListing(ShareStore shares, EntriesById byId, TimeProvider clock)
{
    private const int Readers = 8;

    /// <summary>Lists links for their owner: one transaction for each 1,000 links, and two for each link of the page.</summary>
    /// <param name="request">The page.</param>
    /// <exception cref="CloudreveException">40001: the token is malformed.</exception>
    public Task<SharePage> ListOwnAsync(long ownerId, SharePageRequest request, CancellationToken cancellationToken = default) =>
        ListAsync(ownerId, request, static _ => true, cancellationToken);

    /// <summary>Lists links for others: those that work. As many transactions as <see cref="ListOwnAsync"/>.</summary>
    /// <param name="request">The page.</param>
    /// <param name="withPassword">True to include links with a password.</param>
    /// <exception cref="CloudreveException">40001: the token is malformed.</exception>
    public async Task<SharePage> ListForOthersAsync(
        long ownerId, SharePageRequest request, bool withPassword, CancellationToken cancellationToken = default)
    {
        var now = clock.GetUtcNow();
        var page = await ListAsync(ownerId, request, share => !share.IsOver(now) && (withPassword || share.Password.Length == 0), cancellationToken);
        return page with { Shares = [.. page.Shares.Where(listed => listed.File is not null)] };
    }

    private async Task<SharePage> ListAsync(long ownerId, SharePageRequest request, Func<Share, bool> isShown, CancellationToken cancellationToken)
    {
        var ordered = (await shares.ListAsync(ownerId, cancellationToken)).Where(isShown)
            .Select(share => (Key: (Value: ValueOf(request.Order, share), share.Id), Share: share))
            .OrderBy(entry => entry.Key).ToList();
        if (request.IsDescending)
            ordered.Reverse();
        if (request.Token is { } token)
        {
            var end = ParseToken(token);
            ordered.RemoveAll(entry => request.IsDescending ? entry.Key.CompareTo(end) >= 0 : entry.Key.CompareTo(end) <= 0);
        }
        var page = ordered.Take(request.PageSize).ToList();
        return new SharePage(
            await FindFilesAsync([.. page.Select(entry => entry.Share)], cancellationToken),
            ordered.Count > page.Count ? PrintToken(page[^1].Key) : null);
    }

    private async Task<IReadOnlyList<ListedShare>> FindFilesAsync(IReadOnlyList<Share> page, CancellationToken cancellationToken) =>
        await BoundedParallel.SelectAsync(page, Readers, FindFileAsync, cancellationToken);

    private async Task<ListedShare> FindFileAsync(Share share, CancellationToken cancellationToken)
    {
        var file = await byId.FindAsync(share.FileId, cancellationToken);
        var isThere = file is not null && file.OwnerId == share.OwnerId && file.ParentId != DriveRoots.TrashId(file.OwnerId);
        return new ListedShare(share, isThere ? file : null);
    }

    private static long ValueOf(ShareOrder order, Share share) => order switch
    {
        ShareOrder.Visits => share.Visits,
        ShareOrder.Downloads => share.Downloads,
        ShareOrder.RemainingDownloads => share.RemainingDownloads ?? long.MaxValue,
        _ => 0,
    };

    private static string PrintToken((long Value, long Id) key) => string.Create(CultureInfo.InvariantCulture, $"{key.Value}.{key.Id}");

    private static (long Value, long Id) ParseToken(string token) =>
        token.Split('.') is [var value, var id]
        && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsedValue)
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var parsedId)
            ? (parsedValue, parsedId)
            : throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
}
