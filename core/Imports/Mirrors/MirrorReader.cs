using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>
/// Compares pages of a source with the drive: one transaction for each 1,000 names, and one for each block of 1,000 ids that their entities
/// are in. Nothing is written.
/// </summary>
internal sealed class MirrorReader(FolderWriter names, EntityStore entities, QuotaLedger quota, TimeProvider clock)
{
    /// <summary>Names that the source does not have, in one page: each may cost a look at its blob, and a mark.</summary>
    private const int MostOthers = 2000;

    /// <summary>Compares the pages of a group.</summary>
    /// <param name="isRepetition">True if folders that the import has made itself may have entries.</param>
    public async Task<MirrorComparison> CompareAsync(ImportContext context, GroupListing listing, bool isRepetition, CancellationToken cancellationToken)
    {
        var comparison = new MirrorComparison();
        foreach (var (item, page) in listing.Pages)
        {
            if (isRepetition || !item.IsNew)
                await CompareAsync(context, item, page, comparison, cancellationToken);
        }
        await LeaveArrivingAsync(context, comparison, cancellationToken);
        return comparison;
    }

    /// <summary>
    /// Leaves files alone whose current version arrived by itself and is not charged yet: the next delivery charges it, and a change counts from
    /// its size. One transaction for each changed file that arrived.
    /// </summary>
    private async Task LeaveArrivingAsync(ImportContext context, MirrorComparison comparison, CancellationToken cancellationToken)
    {
        // Later the ledger may have forgotten the operation.
        var before = clock.GetUtcNow() - (QuotaLedger.OperationsAreKept / 2);
        foreach (var (key, file) in comparison.Files.Where(f => f.Value is { IsChanged: true, Entity.ArrivalCharge: not (null or 0) } && f.Value.Entity.CreatedAt >= before).ToList())
        {
            if (!await quota.IsChargedAsync(context.Job.UserId, BlobArrival.OperationId(file.Entity), cancellationToken))
                comparison.Files[key] = file with { IsChanged = false };
        }
    }

    private async Task CompareAsync(
        ImportContext context, FrontierItem item, SourcePage page, MirrorComparison comparison, CancellationToken cancellationToken)
    {
        var part = new FolderPart(item, page);
        var entries = await ReadPartAsync(part, comparison, cancellationToken);
        foreach (var (first, last) in part.Elsewhere)
            entries.AddRange(await names.ReadNamesAsync(item.FolderId, first, last, cancellationToken).Where(e => page.Names.Contains(e.Name) && !part.Holds(e.Name)).ToListAsync(cancellationToken));
        var found = await entities.FindAsync(entries.Select(e => e.File?.PrimaryEntityId ?? 0), cancellationToken);
        var blobs = page.Entries.Where(e => e.Blob is not null).ToDictionary(e => e.Name, e => e.Blob!);
        foreach (var entry in entries)
        {
            comparison.Known[(item.FolderId, entry.Name)] = entry.Guard;
            if (entry.File is not { } file)
                AddFolder(context, item, page, entry, comparison);
            else if (file.PendingMove is null && found.TryGetValue(file.PrimaryEntityId, out var entity) && IsMirrored(context, item, file, entity))
                AddFile(item, page, file, entity, blobs, comparison);
        }
    }

    /// <summary>Reads what the folder has in the part of a page: names of the page, and others up to a limit, behind which another group goes on.</summary>
    private async Task<List<NamedEntry>> ReadPartAsync(FolderPart part, MirrorComparison comparison, CancellationToken cancellationToken)
    {
        var entries = new List<NamedEntry>();
        var (item, others, cut) = (part.Item, 0, (string?)null);
        if (part.IsEmpty)
            return entries;
        await foreach (var entry in names.ReadNamesAsync(item.FolderId, item.After, part.Until, cancellationToken))
        {
            if (!part.Holds(entry.Name))
                continue;
            if (part.Page.Names.Contains(entry.Name))
                entries.Add(entry);
            else if (cut is not null && part.IsBehindNames(entry.Name))
                break;
            else if (cut is null)
            {
                entries.Add(entry);
                if (++others == MostOthers)
                    cut = entry.Name;
            }
        }
        if (cut is not null)
            comparison.Folders.Add(item with { Key = "", Token = null, Page = item.Page + 1, IsNew = false, IsRest = true, After = cut, Until = part.Until });
        return entries;
    }

    private static bool IsMirrored(ImportContext context, FrontierItem item, FileRecord file, EntityRecord entity) =>
        entity.IsImported && entity.PolicyId == context.Job.PolicyId && entity.Source == item.Prefix + file.Name;

    private static void AddFile(
        FrontierItem item, SourcePage page, FileRecord file, EntityRecord entity, Dictionary<string, BlobItem> blobs, MirrorComparison comparison)
    {
        if (blobs.TryGetValue(file.Name, out var blob))
        {
            var mirrored = new MirroredFile(file, entity, IsChanged: !IsVersion(file, entity, blob));
            comparison.Files[(item.FolderId, file.Name)] = mirrored;
            if (!mirrored.IsChanged && file.Metadata.ContainsKey(MetadataKeys.SourceMissing))
                comparison.Returned.Add(file);
        }
        else if (page.Names.Contains(file.Name))
        {
            // It is there, although the rules of the policy refuse it now.
            if (file.Metadata.ContainsKey(MetadataKeys.SourceMissing))
                comparison.Returned.Add(file);
        }
        else
        {
            comparison.Missing.Add(new MirroredFile(file, entity, IsChanged: false));
        }
    }

    private static void AddFolder(ImportContext context, FrontierItem item, SourcePage page, NamedEntry entry, MirrorComparison comparison)
    {
        var prefix = item.Prefix + entry.Name + "/";
        if (context.Job.Recursive && !entry.Guard.IsSymbolic && !page.Names.Contains(entry.Name) && !context.Source.IsOwn(prefix))
            comparison.Folders.Add(new FrontierItem("", prefix, entry.Guard.Id, IsNew: false));
    }

    // Entities of earlier releases do not record their blob's version.
    private static bool IsVersion(FileRecord file, EntityRecord entity, BlobItem blob) => entity.SourceETag is { } etag
        ? etag.Trim('"') == blob.ETag.Trim('"')
        : file.Size == blob.Size && file.UpdatedAt == blob.LastModified;
}
