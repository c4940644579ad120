using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Sharing.Administration;

/// <summary>Sort orders of a list of links.</summary>
public enum ShareOrder
{
    /// <summary>The id.</summary>
    Id,

    /// <summary>The time it was created.</summary>
    Created,

    /// <summary>Number of views.</summary>
    Views,

    /// <summary>Number of downloads.</summary>
    Downloads,
}

/// <summary>Selects the links of a list; null for all.</summary>
/// <param name="FileId">Of which file.</param>
public sealed record ShareFilter(long? OwnerId = null, long? FileId = null, IReadOnlyCollection<long>? Ids = null);

/// <summary>A link and what it shows.</summary>
/// <param name="File">The file or folder; null when it is gone.</param>
public sealed record ListedShare(Share Share, FileRecord? File);

/// <summary>Operations of administrators on the share links of all users (contract, section 24).</summary>
/// <param name="byId">The tree that they show.</param>
/// <param name="lists">Their order.</param>
public sealed class ShareAdministration(ShareStore shares, EntriesById byId, SiteLists lists)
{
    /// <summary>
    /// A page of links. In order of id, by owner and file, it costs what <see cref="NumberedRows"/> does, and three transactions for each link
    /// of the page. By time a transaction more for each 1,000 links, by views or downloads one for each link.
    /// </summary>
    /// <param name="filter">Selects the links.</param>
    /// <param name="mostSorted">Maximum number that may be sorted.</param>
    /// <exception cref="CloudreveException">40001: there are too many to be sorted.</exception>
    public async Task<NumberedItems<ListedShare>> ListAsync(
        ListWindow page, ShareFilter filter, ShareOrder order, long mostSorted, CancellationToken cancellationToken = default)
    {
        var found = await FindAsync(page, filter, order, mostSorted, cancellationToken);
        var files = await SortedRows.ReadAsync(
            found.Items, async (share, token) => new ListedShare(share, await byId.FindAsync(share.FileId, token)), cancellationToken);
        return found.With<ListedShare>(files);
    }

    /// <summary>A link. Four transactions.</summary>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async Task<ListedShare> GetAsync(long id, CancellationToken cancellationToken = default)
    {
        var share = await shares.FindAsync(id, cancellationToken) ?? throw NotFound();
        return new ListedShare(share, await byId.FindAsync(share.FileId, cancellationToken));
    }

    /// <summary>Deletes a link. Four transactions.</summary>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async Task DeleteAsync(long id, CancellationToken cancellationToken = default) =>
        await shares.DeleteAsync(await shares.FindAsync(id, cancellationToken) ?? throw NotFound(), cancellationToken);

    private static CloudreveException NotFound() => new(ErrorCode.NotFound, "The share does not exist.");

    private async Task<NumberedItems<Share>> FindAsync(
        ListWindow page, ShareFilter filter, ShareOrder order, long mostSorted, CancellationToken cancellationToken)
    {
        if (filter.Ids is { } ids)
        {
            var named = await SortedRows.ReadAsync(ids.Distinct().ToList(), (id, token) => shares.FindAsync(id, token), cancellationToken);
            return Sort([.. named.Where(share => (filter.OwnerId ?? share.OwnerId) == share.OwnerId && (filter.FileId ?? share.FileId) == share.FileId)], page, order);
        }
        var condition = SiteLists.All(
            filter.OwnerId is { } owner ? SiteLists.Is(SiteLists.LinkOwner, owner) : null,
            filter.FileId is { } file ? SiteLists.Is(SiteLists.LinkedFile, file) : null);
        if (order is ShareOrder.Views or ShareOrder.Downloads)
        {
            var rows = await SortedRows.GatherAsync(lists.Shares.ScanAsync(condition, cancellationToken), mostSorted, cancellationToken);
            return Sort(await SortedRows.ReadAsync(rows, ReadAsync, cancellationToken), page, order);
        }
        var listed = order == ShareOrder.Id
            ? await lists.Shares.ListAsync(page, condition, cancellationToken)
            : SortedRows.Take(
                await SortedRows.GatherAsync(lists.Shares.ScanAsync(condition, cancellationToken), mostSorted, cancellationToken),
                page, row => row.Time(SiteLists.Created) ?? default, row => FileKeys.ParseId(row.RowKey));
        return listed.With<Share>(await SortedRows.ReadAsync(listed.Items, ReadAsync, cancellationToken));
    }

    private static NumberedItems<Share> Sort(IReadOnlyCollection<Share> items, ListWindow page, ShareOrder order) => order switch
    {
        ShareOrder.Views => SortedRows.Take(items, page, share => share.Visits, share => share.Id),
        ShareOrder.Downloads => SortedRows.Take(items, page, share => share.Downloads, share => share.Id),
        ShareOrder.Created => SortedRows.Take(items, page, share => share.CreatedAt, share => share.Id),
        _ => SortedRows.Take(items, page, share => share.Id, share => share.Id),
    };

    private Task<Share?> ReadAsync(Row row, CancellationToken cancellationToken) =>
        shares.FindAsync(row.RequiredNumber(SiteLists.LinkOwner), FileKeys.ParseId(row.RowKey), cancellationToken);
}
