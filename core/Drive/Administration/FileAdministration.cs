using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;

namespace Cloudreve.Core.Drive.Administration;

/// <summary>Sort orders of a list of files.</summary>
public enum AdminFileOrder
{
    /// <summary>The id.</summary>
    Id,

    /// <summary>The name.</summary>
    Name,

    /// <summary>Bytes of the current version.</summary>
    Size,

    /// <summary>The time it was created.</summary>
    Created,
}

/// <summary>Selects the files of a list; null for all.</summary>
public sealed record AdminFileFilter
{
    /// <summary>The owner.</summary>
    public long? OwnerId { get; init; }

    /// <summary>The storage policy of their content.</summary>
    public long? PolicyId { get; init; }

    /// <summary>A part of the name, ignoring case.</summary>
    public string? Name { get; init; }

    /// <summary>A metadata key that they have.</summary>
    public string? MetadataKey { get; init; }

    /// <summary>True to list only files with share links.</summary>
    public bool IsShared { get; init; }

    /// <summary>True to list only files with direct links.</summary>
    public bool HasDirectLink { get; init; }

    /// <summary>True if the id rows alone do not determine which files match.</summary>
    internal bool NeedsFiles => PolicyId is not null || Name is not null || MetadataKey is not null || IsShared || HasDirectLink;
}

/// <summary>A file and what belongs to it.</summary>
/// <param name="Entities">Its blobs, the current version first.</param>
/// <param name="Links">Its direct links.</param>
/// <param name="Shares">Its share links.</param>
public sealed record ListedFile(FileRecord File, IReadOnlyList<EntityRecord> Entities, IReadOnlyList<DirectLink> Links, IReadOnlyList<Share> Shares);

/// <summary>An administrator's changes to a file; null leaves a value as it is.</summary>
/// <param name="Metadata">All of the metadata.</param>
/// <param name="KeptLinks">The ids of direct links that stay.</param>
public sealed record AdminFileChange(string? Name, IReadOnlyDictionary<string, string>? Metadata, IReadOnlyCollection<long>? KeptLinks);

/// <summary>Operations of administrators on the files of all users (contract, section 24).</summary>
public sealed class FileAdministration
{
    private readonly SiteLists _lists;
    private readonly EntriesById _byId;
    private readonly EntityStore _entities;
    private readonly ShareStore _shares;
    private readonly DirectLinkStore _links;
    private readonly DriveLocks _locks;
    private readonly Relocator _relocator;
    private readonly DriveOperations _operations;

    internal FileAdministration(
        SiteLists lists, EntriesById byId, EntityStore entities, ShareStore shares, DirectLinkStore links, DriveLocks locks, Relocator relocator,
        DriveOperations operations)
    {
        _lists = lists;
        _byId = byId;
        _entities = entities;
        _shares = shares;
        _links = links;
        _locks = locks;
        _relocator = relocator;
        _operations = operations;
    }

    /// <summary>
    /// A page of files. In order of id, of one owner or of all, it costs what <see cref="NumberedRows"/> does, and for each file of the page
    /// two transactions, one for its owner's links and one for each block of its blobs. The order by time reads all rows of ids, a
    /// transaction for each 1,000; other orders and filters also read each file.
    /// </summary>
    /// <param name="filter">Selects the files.</param>
    /// <param name="mostSorted">Maximum number that may be sorted or searched.</param>
    /// <exception cref="CloudreveException">40001: there are too many to be sorted or searched.</exception>
    public async Task<NumberedItems<ListedFile>> ListAsync(
        ListWindow page, AdminFileFilter filter, AdminFileOrder order, long mostSorted, CancellationToken cancellationToken = default)
    {
        var condition = filter.OwnerId is { } owner ? SiteLists.Is(SiteLists.Owner, owner) : null;
        if (filter.NeedsFiles || order is AdminFileOrder.Name or AdminFileOrder.Size)
        {
            var all = await SortedRows.GatherAsync(_lists.Files.ScanAsync(condition, cancellationToken), mostSorted, cancellationToken);
            var files = await KeepAsync(await SortedRows.ReadAsync(all, _byId.FindByRowAsync, cancellationToken), filter, cancellationToken);
            return await DescribeAsync(Sort(files, page, order), cancellationToken);
        }
        var rows = order == AdminFileOrder.Id
            ? await _lists.Files.ListAsync(page, condition, cancellationToken)
            : SortedRows.Take(
                await SortedRows.GatherAsync(_lists.Files.ScanAsync(condition, cancellationToken), mostSorted, cancellationToken),
                page, row => row.Time(SiteLists.Created) ?? default, row => FileKeys.ParseId(row.RowKey));
        return await DescribeAsync(rows.With<FileRecord>(await SortedRows.ReadAsync(rows.Items, _byId.FindByRowAsync, cancellationToken)), cancellationToken);
    }

    /// <summary>A file. Some five transactions.</summary>
    /// <exception cref="CloudreveException">40044: there is none.</exception>
    public async Task<ListedFile> GetAsync(long id, CancellationToken cancellationToken = default) =>
        (await DescribeAsync(new NumberedItems<FileRecord>([await GetFileAsync(id, cancellationToken)], 1), cancellationToken)).Items[0];

    /// <summary>Changes a file.</summary>
    /// <param name="actor">The administrator.</param>
    /// <param name="rules">The rules for metadata.</param>
    /// <exception cref="CloudreveException">40001 metadata that cannot be set, 40044 no such file, 40052 an illegal name, 40004 a clash, 40073 locks, 40078 the file is in the trash.</exception>
    public async Task<ListedFile> UpdateAsync(
        Actor actor, long id, AdminFileChange change, MetadataRules rules, CancellationToken cancellationToken = default)
    {
        var file = await GetFileAsync(id, cancellationToken);
        var patches = change.Metadata is { } wanted ? PatchesTo(wanted, file) : [];
        rules.Apply(file.Metadata, patches);
        if (patches.Count > 0 || (change.Name ?? file.Name) != file.Name)
        {
            var work = new DriveWork(file.OwnerId, actor);
            var path = await _byId.GetPathAsync(file, cancellationToken);
            if (change.Name is { } name && name != file.Name)
            {
                await _operations.RenameAsync(work, path, name, _ => { }, cancellationToken);
                path = path.Parent.Child(name);
            }
            if (patches.Count > 0)
            {
                await _operations.UpdateAsync(
                    work, path, ActivityCategory.UpdateMetadata, current => current with { Metadata = rules.Apply(current.Metadata, patches) }, cancellationToken);
            }
            await _operations.PublishAsync(work, cancellationToken);
        }
        if (change.KeptLinks is { } kept)
        {
            foreach (var link in (await _links.ListAsync(id, cancellationToken)).Where(link => !kept.Contains(link.Id)))
                await _links.DeleteAsync(link, cancellationToken);
        }
        return await GetAsync(id, cancellationToken);
    }

    /// <summary>Deletes a file for good with all its versions, wherever it is. Some fifteen transactions.</summary>
    /// <param name="actor">The administrator.</param>
    /// <exception cref="CloudreveException">40044 no such file, 40073 locks, 409 it is being moved.</exception>
    public async Task DeleteAsync(Actor actor, long id, CancellationToken cancellationToken = default)
    {
        var file = await GetFileAsync(id, cancellationToken);
        if (await FindPathAsync(file, cancellationToken) is { } path)
        {
            var work = new DriveWork(file.OwnerId, actor);
            await _operations.DeleteAsync(work, path, keepBlobs: false, cancellationToken);
            await _operations.PublishAsync(work, cancellationToken);
        }
        else
        {
            // In the trash, or below a folder there, nothing is locked.
            var control = await _locks.ReadAsync(file.OwnerId, cancellationToken);
            await _relocator.DeleteAsync(control, await _byId.ReadAgainAsync(file, cancellationToken), keepBlobs: false, cancellationToken);
        }
        foreach (var link in await _links.ListAsync(id, cancellationToken))
            await _links.DeleteAsync(link, cancellationToken);
    }

    private static List<MetadataPatch> PatchesTo(IReadOnlyDictionary<string, string> wanted, FileRecord file) =>
    [
        .. file.Metadata.Keys.Where(key => !wanted.ContainsKey(key)).Select(key => new MetadataPatch(key, null)),
        .. wanted.Where(pair => file.Metadata.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => new MetadataPatch(pair.Key, pair.Value)),
    ];

    private static NumberedItems<FileRecord> Sort(IReadOnlyCollection<FileRecord> files, ListWindow page, AdminFileOrder order) => order switch
    {
        AdminFileOrder.Name => SortedRows.Take(files, page, file => CanonicalText.Of(file.Name).ToUpperInvariant(), file => file.Id),
        AdminFileOrder.Size => SortedRows.Take(files, page, file => file.Size, file => file.Id),
        AdminFileOrder.Created => SortedRows.Take(files, page, file => file.CreatedAt, file => file.Id),
        _ => SortedRows.Take(files, page, file => file.Id, file => file.Id),
    };

    private async Task<FileRecord> GetFileAsync(long id, CancellationToken cancellationToken) =>
        await _byId.FindAsync(id, cancellationToken) is { Type: FileType.File } file
            ? file
            : throw new CloudreveException(ErrorCode.FileNotFound, "The file does not exist.");

    private async Task<FilePath?> FindPathAsync(FileRecord file, CancellationToken cancellationToken)
    {
        try
        {
            return await _byId.GetPathAsync(file, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.FileInTrash)
        {
            return null;
        }
    }

    private async Task<List<FileRecord>> KeepAsync(List<FileRecord> files, AdminFileFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Name is { } name)
            files = [.. files.Where(file => CanonicalText.Of(file.Name).Contains(CanonicalText.Of(name), StringComparison.OrdinalIgnoreCase))];
        if (filter.MetadataKey is { } key)
            files = [.. files.Where(file => file.Metadata.ContainsKey(key))];
        if (filter.PolicyId is { } policy)
        {
            var entities = await _entities.FindAsync(files.Select(file => file.PrimaryEntityId), cancellationToken);
            files = [.. files.Where(file => entities.GetValueOrDefault(file.PrimaryEntityId)?.PolicyId == policy)];
        }
        if (filter.IsShared)
        {
            var shared = await ReadSharesAsync(files, cancellationToken);
            files = [.. files.Where(file => shared.Contains(file.Id))];
        }
        return filter.HasDirectLink
            ? await SortedRows.ReadAsync(files, async (file, token) => (await _links.ListAsync(file.Id, token)).Count > 0 ? file : null, cancellationToken)
            : files;
    }

    private async Task<NumberedItems<ListedFile>> DescribeAsync(NumberedItems<FileRecord> files, CancellationToken cancellationToken)
    {
        var entities = await _entities.FindAsync(files.Items.SelectMany(file => file.EntityIds), cancellationToken);
        var shares = await ReadSharesAsync(files.Items, cancellationToken);
        var described = await SortedRows.ReadAsync(
            files.Items,
            async (file, token) => new ListedFile(
                file, [.. file.EntityIds.Select(entity => entities.GetValueOrDefault(entity)).OfType<EntityRecord>()], await _links.ListAsync(file.Id, token), [.. shares[file.Id]]),
            cancellationToken);
        return files.With<ListedFile>(described);
    }

    private async Task<ILookup<long, Share>> ReadSharesAsync(IReadOnlyCollection<FileRecord> files, CancellationToken cancellationToken)
    {
        var owners = files.Select(file => file.OwnerId).Distinct().ToList();
        var shares = await SortedRows.ReadAsync(owners, async (owner, token) => await _shares.ListAsync(owner, token), cancellationToken);
        return shares.SelectMany(owned => owned).ToLookup(share => share.FileId);
    }
}
