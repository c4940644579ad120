using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Imports;

/// <summary>The outcome of a blob's arrival.</summary>
public enum BlobArrivalOutcome
{
    /// <summary>The blob is now a file of the user's drive.</summary>
    Imported,

    /// <summary>It was a file of the drive already, and its size or time has been brought up to date.</summary>
    Updated,

    /// <summary>Nothing to do: the blob is known, or gone again, or its name belongs to another file.</summary>
    Skipped,

    /// <summary>It cannot be imported.</summary>
    Refused,
}

/// <summary>The outcome with its reason.</summary>
/// <param name="Outcome">The outcome for the blob.</param>
/// <param name="Reason">Why, for the log.</param>
public sealed record BlobArrivalResult(BlobArrivalOutcome Outcome, string Reason);

/// <summary>
/// Event-driven import: one blob that appeared as <c>imports/{user id}/{path}</c> in the seeded policy's container becomes a
/// file of that user's drive. Announcing a blob again is harmless.
/// </summary>
public sealed class BlobArrival(
    SiteCatalog catalog, UserStore users, PolicyContainers containers, EntriesByPath byPath, EntryCreation creation, EntryUpdates updates,
    EntityStore entities, EntityReferences references, IdAllocator ids, QuotaLedger quota, ActivityLog log, MediaRequests requests,
    SettingStore settings, MissedArrivals missed, StorageLayout layout, TimeProvider clock)
{
    private readonly ErasureNotes _erasures = new(layout, clock);

    private static BlobArrivalResult Gone { get; } = new(BlobArrivalOutcome.Skipped, "The blob is gone.");

    /// <summary>Imports the blob.</summary>
    /// <param name="userId">The owner of the drive.</param>
    /// <param name="blobName">The blob's whole name.</param>
    /// <param name="path">The path in the drive: the rest of the name.</param>
    public async Task<BlobArrivalResult> ImportAsync(long userId, string blobName, string path, CancellationToken cancellationToken = default)
    {
        if (await users.FindRecentAsync(userId, cancellationToken) is not { Status: UserStatus.Active } user)
            return Refused("The user does not exist or is not active.");
        var policy = await catalog.GetPolicyAsync(StoragePolicy.DefaultId, cancellationToken);
        if (await containers.Get(policy).FindAsync(blobName, cancellationToken) is not { } blob)
            return Gone;
        missed.Note(blob);
        try
        {
            var target = FilePath.ParsePlain(path);
            if (blob.IsDirectoryMarker || (blob.Size == 0 && blobName.EndsWith('/')))
                return await ImportFolderAsync(userId, target, cancellationToken);
            foreach (var name in target.Segments)
                FilePath.CheckName(name);
            var limit = (await catalog.GetGroupAsync(user.GroupId, cancellationToken)).MaxStorage;
            return await ImportFileAsync(user, target, blobName, policy, limit, cancellationToken);
        }
        catch (CloudreveException e)
        {
            return Refused(e.Message);
        }
    }

    private async Task<BlobArrivalResult> ImportFolderAsync(long userId, FilePath target, CancellationToken cancellationToken)
    {
        if (!target.IsRoot)
            await creation.CreateAsync(userId, target, NewEntry.Folder, failIfExists: false, cancellationToken);
        return new BlobArrivalResult(BlobArrivalOutcome.Imported, "A folder.");
    }

    /// <summary>
    /// Updates the file to match the blob. The file is read before the blob, and it is changed on the condition that it is unchanged since it
    /// was read: so a late delivery cannot restore an older version.
    /// </summary>
    private async Task<BlobArrivalResult> ImportFileAsync(
        User user, FilePath target, string blobName, StoragePolicy policy, long limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            var file = await byPath.FindAsync(user.Id, target, cancellationToken);
            if (await containers.Get(policy).FindAsync(blobName, cancellationToken) is not { } blob)
                return Gone;
            if (FileRules.Of(policy).Refuse(target.Name, blob) is { } reason)
                return Refused(reason);
            var old = file is { Type: FileType.File } ? await entities.FindAsync(file.PrimaryEntityId, cancellationToken) : null;
            if (file is not null && (old is null || old.Source != blob.Name || !old.IsImported))
                return new BlobArrivalResult(BlobArrivalOutcome.Skipped, "The name exists.");
            // The delivery of the previous version may have died before it was done.
            if (old is not null)
                await SettleAsync(old, user.Id, cancellationToken);
            if (file is not null && old is not null && IsKnown(file, old, blob))
                return new BlobArrivalResult(BlobArrivalOutcome.Skipped, "The blob is known.");
            var charge = blob.Size - (file?.Size ?? 0);
            if (charge > 0 && await quota.GetUsedAsync(user.Id, cancellationToken) + charge > limit)
                return Refused("The storage quota is exceeded.");
            var entity = await WriteEntityAsync(user, policy, blob, file, charge, cancellationToken);
            if (await IsErasedAsync(policy, blob, entity, cancellationToken))
                continue;
            if (await TryPutAsync(user, target, blob, file, entity, cancellationToken) is not { } stored)
                continue;
            await SettleAsync(entity, user.Id, cancellationToken);
            var what = old is null
                ? new FileEvent(ActivityCategory.FileImported, Actor.Site, stored, null, target)
                : new FileEvent(ActivityCategory.EntityUploaded, Actor.Site, stored, target, target);
            await log.AppendAsync(user.Id, [what], cancellationToken);
            await requests.SendMediaAsync(await settings.GetAsync(cancellationToken), stored, cancellationToken);
            return old is null
                ? new BlobArrivalResult(BlobArrivalOutcome.Imported, "A file.")
                : new BlobArrivalResult(BlobArrivalOutcome.Updated, "The blob was written again.");
        }
    }

    private async Task<EntityRecord> WriteEntityAsync(
        User user, StoragePolicy policy, BlobItem blob, FileRecord? file, long charge, CancellationToken cancellationToken)
    {
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity, cancellationToken),
            FileId = file?.Id ?? await ids.NextAsync(IdKind.File, cancellationToken),
            Size = blob.Size,
            PolicyId = policy.Id,
            Source = blob.Name,
            SourceETag = blob.ETag,
            ArrivalCharge = charge,
            ReplacedId = file?.PrimaryEntityId ?? 0,
            ReplacedThumbnailId = file is null ? 0 : ThumbnailIdOf(file),
            CreatedBy = user.Id,
            CreatedAt = clock.GetUtcNow(),
            IsImported = true,
        };
        await entities.AddAsync(entity, cancellationToken);
        return entity;
    }

    /// <summary>
    /// Checks whether the blob has just been deleted with a file that had it; then the entity is removed again. One transaction while nothing is
    /// deleted.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The deletion is still under way: the delivery has to be repeated.</exception>
    private async Task<bool> IsErasedAsync(StoragePolicy policy, BlobItem blob, EntityRecord entity, CancellationToken cancellationToken)
    {
        var container = containers.Get(policy);
        if ((await _erasures.FindErasedAsync(container, [new SourceBlob(blob.Name, blob.ETag)], cancellationToken)).Count == 0)
            return false;
        await entities.DiscardAsync([entity.Id], cancellationToken);
        return await container.FindAsync(blob.Name, cancellationToken) is { } found && new SourceBlob(blob.Name, found.ETag) == new SourceBlob(blob.Name, blob.ETag)
            ? throw new StorageUnavailableException($"{blob.Name}: the blob is being deleted.")
            : true;
    }

    /// <summary>Makes the entity the file's content. Null, with the entity removed again, when a competing call came first.</summary>
    private async Task<FileRecord?> TryPutAsync(
        User user, FilePath target, BlobItem blob, FileRecord? file, EntityRecord entity, CancellationToken cancellationToken)
    {
        try
        {
            var stored = file is null
                ? await creation.CreateAsync(user.Id, target, NewFile(entity, blob), failIfExists: false, cancellationToken)
                : await updates.UpdateAsync(
                    file,
                    // A thumbnail that was added in between would be lost: then it is tried again.
                    current => current.PrimaryEntityId == file.PrimaryEntityId && ThumbnailIdOf(current) == entity.ReplacedThumbnailId
                        ? FileThumbnails.Drop(current, out _) with { PrimaryEntityId = entity.Id, Size = entity.Size, UpdatedAt = blob.LastModified }
                        : current,
                    cancellationToken);
            if (stored.PrimaryEntityId == entity.Id)
                return stored;
        }
        catch (CloudreveException)
        {
            await entities.DiscardAsync([entity.Id], cancellationToken);
            throw;
        }
        await entities.DiscardAsync([entity.Id], cancellationToken);
        return null;
    }

    private static long ThumbnailIdOf(FileRecord file) => FileThumbnails.Find(file)?.Id ?? 0;

    private static NewEntry NewFile(EntityRecord entity, BlobItem blob) =>
        new(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = blob.Size, UpdatedAt = blob.LastModified };

    // Entities of earlier releases do not record their blob's version.
    private static bool IsKnown(FileRecord file, EntityRecord entity, BlobItem blob) =>
        entity.SourceETag is { } etag ? etag.Trim('"') == blob.ETag.Trim('"') : file.Size == blob.Size && file.UpdatedAt == blob.LastModified;

    /// <summary>
    /// Completes the arrival of a version in the drive: charges its owner and releases the previous version; the blob itself stays, for it is
    /// the new version's. May be repeated. Since the charge is made afterwards, deliveries in parallel may exceed the limit together.
    /// </summary>
    private async Task SettleAsync(EntityRecord entity, long userId, CancellationToken cancellationToken)
    {
        // Later the ledger may have forgotten the operation; no delivery is retried for so long.
        if (entity.ArrivalCharge is not { } bytes || clock.GetUtcNow() - entity.CreatedAt > QuotaLedger.OperationsAreKept / 2)
            return;
        await quota.ChargeAsync(userId, OperationId(entity), bytes, limit: null, cancellationToken);
        if (entity.ReplacedId != 0)
            await references.RemoveAsync([new EntityReference(entity.ReplacedId, entity.FileId)], keepBlobs: true, cancellationToken);
        if (entity.ReplacedThumbnailId != 0)
            await references.RemoveAsync([new EntityReference(entity.ReplacedThumbnailId, entity.FileId)], keepBlobs: false, cancellationToken);
    }

    private static BlobArrivalResult Refused(string reason) => new(BlobArrivalOutcome.Refused, reason);

    /// <summary>The name under which the ledger knows the charge of an arrived version.</summary>
    internal static string OperationId(EntityRecord entity) => string.Create(
        CultureInfo.InvariantCulture,
        $"blob-{entity.Id:x}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(entity.Source + "\n" + entity.SourceETag)))}");
}
