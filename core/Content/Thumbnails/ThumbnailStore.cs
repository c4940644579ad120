using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>
/// Keeps thumbnails as entities of their files. The order of the writes makes every crash harmless: a thumbnail without a reference in
/// the end is removed by the recycler, which is notified beforehand; and a file that refers to a thumbnail which was removed is
/// given a new one.
/// </summary>
/// <param name="entities">The rows of the blobs.</param>
/// <param name="recycler">Removes what was left.</param>
/// <param name="updates">The rows of the files.</param>
/// <param name="ids">Gives ids to new entities.</param>
/// <param name="catalog">The policies that hold the blobs.</param>
/// <param name="encryption">Encrypts thumbnails of encrypted content.</param>
/// <param name="clock">Stamps new entities.</param>
internal sealed class ThumbnailStore(
    EntityStore entities, EntityRecycler recycler, EntryUpdates updates, IdAllocator ids, SiteCatalog catalog, PolicyContainers containers,
    BlobEncryption encryption, TimeProvider clock)
{
    /// <summary>The thumbnail that a file refers to. One transaction; null when it has none, or its blob is gone.</summary>
    public async Task<EntityRecord?> FindAsync(FileRecord file, CancellationToken cancellationToken) =>
        FileThumbnails.Find(file) is { } link ? await entities.FindAsync(link.Id, cancellationToken) : null;

    /// <summary>
    /// Stores a thumbnail beside the blob that it shows, unless the file's content has changed meanwhile or another caller has
    /// stored one. Five transactions.
    /// </summary>
    /// <param name="file">The file, as it was read.</param>
    /// <param name="shown">The blob of its current version.</param>
    /// <param name="content">The encoded picture; is changed if it has to be encrypted.</param>
    /// <param name="extension">The extension of its encoding, without dot.</param>
    /// <returns>The file's thumbnail; null when its content has changed.</returns>
    public async Task<EntityRecord?> SaveAsync(
        FileRecord file, EntityRecord shown, byte[] content, string extension, CancellationToken cancellationToken)
    {
        var lost = FileThumbnails.Find(file)?.Id;
        // Encrypted content must not be visible in its thumbnail.
        var encryptedWith = shown.Encryption is null ? null : await encryption.CreateAsync(cancellationToken);
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity, cancellationToken),
            Type = EntityType.Thumbnail,
            Size = content.Length,
            PolicyId = shown.PolicyId,
            Source = $"{OwnAreas.Thumbnails}{Guid.NewGuid():N}.{extension}",
            CreatedBy = file.OwnerId,
            CreatedAt = clock.GetUtcNow(),
            Encryption = encryptedWith,
        };
        await recycler.ScheduleAsync([entity], keepBlobs: false, cancellationToken);
        await entities.WriteNewAsync([entity], cancellationToken);
        if (encryptedWith is not null)
        {
            using var cipher = (await encryption.OpenAsync(encryptedWith, cancellationToken)).CreateCipher();
            cipher.Apply(content, 0);
        }
        var policy = await catalog.GetPolicyAsync((int)shown.PolicyId, cancellationToken);
        await containers.Get(policy).WriteAsync(entity.Source, BinaryData.FromBytes(content), overwrite: false, cancellationToken: cancellationToken);
        var changed = await updates.UpdateAsync(file, current => Link(current, file.PrimaryEntityId, lost, entity), cancellationToken);
        if (changed.PrimaryEntityId != file.PrimaryEntityId)
            return null;
        if (FileThumbnails.Find(changed) is { } link && link.Id != entity.Id)
            return await entities.FindAsync(link.Id, cancellationToken);
        return await entities.AdoptAsync(entity.Id, file.Id, cancellationToken) ? entity with { FileId = file.Id } : null;
    }

    /// <summary>Marks a file whose thumbnail cannot be made, so that clients do not ask again. One transaction.</summary>
    /// <param name="file">The file, as it was read.</param>
    public Task DisableAsync(FileRecord file, CancellationToken cancellationToken) =>
        updates.UpdateAsync(
            file,
            current => current.PrimaryEntityId != file.PrimaryEntityId || FileThumbnails.IsDisabled(current)
                ? current
                : current with { Metadata = new Dictionary<string, string>(current.Metadata) { [FileThumbnails.Disabled] = "" } },
            cancellationToken);

    private static FileRecord Link(FileRecord current, long shownId, long? lost, EntityRecord entity)
    {
        if (current.PrimaryEntityId != shownId || (FileThumbnails.Find(current) is { } link && link.Id != lost))
            return current;
        var others = current.OtherEntities.Where(l => l.Type != EntityType.Thumbnail);
        return current with { OtherEntities = [.. others, new EntityLink(entity.Id, EntityType.Thumbnail, entity.Size, entity.CreatedAt)] };
    }
}
