using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;

namespace Cloudreve.Core.Sharing.DirectLinks;

/// <summary>
/// The rows of direct links: one by which a link is followed, one by which the links of its file are listed. A link begins
/// and ends with the first, so whatever is listed or left over after a crash, only the first gives access.
/// </summary>
/// <param name="ids">Gives ids to new links.</param>
/// <param name="clock">Stamps new links.</param>
public sealed class DirectLinkStore(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    // A row of each file's links that is written with a new link that must be the only one of its name.
    private const string Head = "!";
    private const int Attempts = 10;

    /// <summary>A link of a file: three transactions for a new one, one for one that exists.</summary>
    /// <param name="reuse">True if an existing link with the file's name may be returned.</param>
    /// <exception cref="CloudreveException">409 when competing calls kept coming first.</exception>
    public async Task<DirectLink> GetOrCreateAsync(FileRecord file, bool reuse, CancellationToken cancellationToken = default)
    {
        if (reuse)
            return await GetOrCreateOnlyAsync(file, cancellationToken);
        var link = await CreateAsync(file, cancellationToken);
        await layout.DirectLinks.UpsertAsync(link.ToRow(DirectLink.OfFile(file.Id)), cancellationToken);
        return link;
    }

    /// <summary>Finds a link: one transaction; null when there is none.</summary>
    public async Task<DirectLink?> FindAsync(long id, CancellationToken cancellationToken = default)
    {
        var (partition, key) = DirectLink.ById(id);
        var row = await layout.DirectLinks.FindAsync(partition, key, cancellationToken);
        return row is null ? null : DirectLink.FromRow(row);
    }

    /// <summary>The links of a file, with their hits, the oldest first: one transaction.</summary>
    public async Task<IReadOnlyList<DirectLink>> ListAsync(long fileId, CancellationToken cancellationToken = default) =>
        (await ReadAsync(fileId, cancellationToken)).Links;

    /// <summary>Deletes a link: two transactions. Harmless to repeat.</summary>
    public async Task DeleteAsync(DirectLink link, CancellationToken cancellationToken = default)
    {
        // A link that can be followed can be deleted again, so that row is removed last.
        await layout.DirectLinks.DeleteAsync(DirectLink.OfFile(link.FileId), FileKeys.Id(link.Id), cancellationToken: cancellationToken);
        var (partition, key) = DirectLink.ById(link.Id);
        await layout.DirectLinks.DeleteAsync(partition, key, cancellationToken: cancellationToken);
    }

    /// <summary>Deletes all links of an owner: one transaction for each 1,000 links of the site, and six for each of the owner. Harmless to repeat.</summary>
    internal async Task ClearAsync(long ownerId, CancellationToken cancellationToken)
    {
        await foreach (var row in layout.DirectLinks.ScanAsync(SiteLists.Is(DirectLink.Columns.OwnerId, ownerId), cancellationToken))
        {
            var link = DirectLink.FromRow(row);
            // The head does not name its owner, so it is removed while the link still exists.
            await layout.DirectLinks.DeleteAsync(DirectLink.OfFile(link.FileId), Head, cancellationToken: cancellationToken);
            await DeleteAsync(link, cancellationToken);
        }
    }

    /// <summary>The only link of a file that has its name, whichever caller creates it.</summary>
    private async Task<DirectLink> GetOrCreateOnlyAsync(FileRecord file, CancellationToken cancellationToken)
    {
        DirectLink? made = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (links, head) = await ReadAsync(file.Id, cancellationToken);
            if (links.FirstOrDefault(l => l.Name == file.Name && l.OwnerId == file.OwnerId) is { } known)
            {
                if (made is not null && made.Id != known.Id)
                    await DeleteAsync(made, cancellationToken);
                return known;
            }
            made ??= await CreateAsync(file, cancellationToken);
            if (await TryListAsync(made, head, cancellationToken))
                return made;
        }
        throw new CloudreveException(ErrorCode.Conflict, "Other links of the file are being made; try again.");
    }

    /// <summary>Creates a link that can be followed, but that nobody knows yet.</summary>
    private async Task<DirectLink> CreateAsync(FileRecord file, CancellationToken cancellationToken)
    {
        var link = new DirectLink(await ids.NextAsync(IdKind.DirectLink, cancellationToken), file.Id, file.OwnerId, file.Name, clock.GetUtcNow());
        await layout.DirectLinks.UpsertAsync(link.ToRow(DirectLink.ById(link.Id).Partition), cancellationToken);
        return link;
    }

    /// <summary>Adds a link to those of its file, unless one was added since they were read.</summary>
    private async Task<bool> TryListAsync(DirectLink link, string? head, CancellationToken cancellationToken)
    {
        var partition = DirectLink.OfFile(link.FileId);
        var batch = new TableBatch(partition).Insert(link.ToRow(partition));
        if (head is null)
            batch.Insert(new Row(partition, Head));
        else
            batch.Replace(new Row(partition, Head), head);
        try
        {
            await layout.DirectLinks.SubmitAsync(batch, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException)
        {
            return false;
        }
    }

    /// <summary>The links of a file, and the version of their head; null when there is none yet.</summary>
    private async Task<(IReadOnlyList<DirectLink> Links, string? Head)> ReadAsync(long fileId, CancellationToken cancellationToken)
    {
        var links = new List<DirectLink>();
        string? head = null;
        await foreach (var row in layout.DirectLinks.QueryAsync(new RowRange(DirectLink.OfFile(fileId)), cancellationToken))
        {
            if (row.RowKey == Head)
                head = row.ETag;
            else
                links.Add(DirectLink.FromRow(row));
        }
        return (links, head);
    }
}
