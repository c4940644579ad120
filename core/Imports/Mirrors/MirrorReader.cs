using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>
/// Compares pages of a source with the drive: one transaction for each 1,000 names, and one for each block of 1,000 ids that their entities
/// are in. Nothing is written.
/// </summary>
internal sealed class MirrorReader(FolderWriter names, EntityStore entities)
{
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
        return comparison;
    }

    private async Task CompareAsync(
        ImportContext context, FrontierItem item, SourcePage page, MirrorComparison comparison, CancellationToken cancellationToken)
    {
        // What lies between two pages belongs to the second one.
        var first = item.After is null ? null : page.Names.Append(item.After).Min(StringComparer.Ordinal);
        var last = page.Next is null ? null : page.Last;
        var entries = await names.ReadNamesAsync(item.FolderId, first, last, cancellationToken);
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
        else if (!page.Names.Contains(file.Name) && file.Name != item.After)
        {
            comparison.Missing.Add(new MirroredFile(file, entity, IsChanged: false));
        }
    }

    private static void AddFolder(ImportContext context, FrontierItem item, SourcePage page, NamedEntry entry, MirrorComparison comparison)
    {
        var prefix = item.Prefix + entry.Name + "/";
        if (context.Job.Recursive && !entry.Guard.IsSymbolic && !page.Names.Contains(entry.Name) && entry.Name != item.After && !context.Source.IsOwn(prefix))
            comparison.Folders.Add(new FrontierItem("", prefix, entry.Guard.Id, IsNew: false));
    }

    // Entities of earlier releases do not record their blob's version.
    private static bool IsVersion(FileRecord file, EntityRecord entity, BlobItem blob) => entity.SourceETag is { } etag
        ? etag.Trim('"') == blob.ETag.Trim('"')
        : file.Size == blob.Size && file.UpdatedAt == blob.LastModified;
}
