using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Tables;

namespace Cloudreve.Core.DirectLinks;

/// <summary>
/// The rows of direct links: one by which a link is followed, one by which the links of its file are listed. A link comes into
/// being with the first and ends with it, so whatever is listed or left over after a crash, only the first lets anybody in.
/// </summary>
/// <param name="layout">Where the rows are.</param>
/// <param name="ids">Gives ids to new links.</param>
/// <param name="clock">Stamps new links.</param>
public sealed class DirectLinkStore(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    /// <summary>A link of a file: three transactions for a new one, one for one that exists.</summary>
    /// <param name="file">The file.</param>
    /// <param name="reuse">Whether a link that has the file's name may be given again.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task<DirectLink> GetOrCreateAsync(FileRecord file, bool reuse, CancellationToken cancellationToken = default)
    {
        if (reuse && (await ListAsync(file.Id, cancellationToken)).FirstOrDefault(l => l.Name == file.Name && l.OwnerId == file.OwnerId) is { } known)
            return known;
        var link = new DirectLink(await ids.NextAsync(IdKind.DirectLink, cancellationToken), file.Id, file.OwnerId, file.Name, clock.GetUtcNow());
        await layout.DirectLinks.UpsertAsync(link.ToRow(DirectLink.ById(link.Id).Partition), cancellationToken);
        await layout.DirectLinks.UpsertAsync(link.ToRow(DirectLink.OfFile(file.Id)), cancellationToken);
        return link;
    }

    /// <summary>Finds a link: one transaction; null when there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<DirectLink?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var (partition, key) = DirectLink.ById(id);
        var row = await layout.DirectLinks.FindAsync(partition, key, cancellationToken);
        return row is null ? null : DirectLink.FromRow(row);
    }

    /// <summary>The links of a file, with their hits, the oldest first: one transaction.</summary>
    /// <param name="fileId">The file.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyList<DirectLink>> ListAsync(long fileId, CancellationToken cancellationToken = default)
    {
        var links = new List<DirectLink>();
        await foreach (var row in layout.DirectLinks.QueryAsync(new RowRange(DirectLink.OfFile(fileId)), cancellationToken))
            links.Add(DirectLink.FromRow(row));
        return links;
    }

    /// <summary>Deletes a link: two transactions. Harmless to repeat.</summary>
    /// <param name="link">The link.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public async Task DeleteAsync(DirectLink link, CancellationToken cancellationToken = default)
    {
        // While the link can be followed it can be deleted again, so that row goes last.
        await layout.DirectLinks.DeleteAsync(DirectLink.OfFile(link.FileId), FileKeys.Id(link.Id), cancellationToken: cancellationToken);
        var (partition, key) = DirectLink.ById(link.Id);
        await layout.DirectLinks.DeleteAsync(partition, key, cancellationToken: cancellationToken);
    }
}
