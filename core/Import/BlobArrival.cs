using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;

namespace Cloudreve.Core.Import;

/// <summary>What became of a blob that appeared.</summary>
public enum BlobArrivalOutcome
{
    /// <summary>It is a file of the user's drive now.</summary>
    Imported,

    /// <summary>It was a file of the drive already, and its size or time has been brought up to date.</summary>
    Updated,

    /// <summary>Nothing was to do: it is known, or gone again, or its name belongs to another file.</summary>
    Skipped,

    /// <summary>It cannot be imported.</summary>
    Refused,
}

/// <summary>The outcome with its reason.</summary>
/// <param name="Outcome">What became of the blob.</param>
/// <param name="Reason">Why, for the log.</param>
public sealed record BlobArrivalResult(BlobArrivalOutcome Outcome, string Reason);

/// <summary>
/// Event-driven import: one blob that appeared as <c>imports/{user id}/{path}</c> in the seeded policy's container becomes a
/// file of that user's drive. Announcing a blob again is harmless.
/// </summary>
public sealed class BlobArrival(
    SiteCatalog catalog, UserStore users, PolicyContainers containers, FileTree tree, EntityStore entities, IdAllocator ids, QuotaLedger quota, TimeProvider clock)
{
    /// <summary>Imports the blob.</summary>
    /// <param name="userId">Whose drive.</param>
    /// <param name="blobName">The blob's whole name.</param>
    /// <param name="path">Where in the drive: the rest of the name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<BlobArrivalResult> ImportAsync(long userId, string blobName, string path, CancellationToken cancellationToken = default)
    {
        if (await users.FindRecentAsync(userId, cancellationToken) is not { Status: UserStatus.Active } user)
            return Refused("The user does not exist or is not active.");
        var policy = await catalog.GetPolicyAsync(StoragePolicy.DefaultId, cancellationToken);
        if (await containers.Get(policy).FindAsync(blobName, cancellationToken) is not { } blob)
            return new BlobArrivalResult(BlobArrivalOutcome.Skipped, "The blob is gone.");
        try
        {
            var target = FilePath.ParsePlain(path);
            if (blob.IsDirectoryMarker || (blob.Size == 0 && blobName.EndsWith('/')))
                return await ImportFolderAsync(userId, target, cancellationToken);
            foreach (var name in target.Segments)
                FilePath.CheckName(name);
            if (FileRules.Of(policy).Refuse(target.Name, blob) is { } reason)
                return Refused(reason);
            var limit = (await catalog.GetGroupAsync(user.GroupId, cancellationToken)).MaxStorage;
            return await ImportFileAsync(user, target, blob, policy, limit, cancellationToken);
        }
        catch (CloudreveException e)
        {
            return Refused(e.Message);
        }
    }

    private async Task<BlobArrivalResult> ImportFolderAsync(long userId, FilePath target, CancellationToken cancellationToken)
    {
        if (!target.IsRoot)
            await tree.CreateAsync(userId, target, NewEntry.Folder, failIfExists: false, cancellationToken);
        return new BlobArrivalResult(BlobArrivalOutcome.Imported, "A folder.");
    }

    private async Task<BlobArrivalResult> ImportFileAsync(
        User user, FilePath target, BlobItem blob, StoragePolicy policy, long limit, CancellationToken cancellationToken)
    {
        if (await tree.FindAsync(user.Id, target, cancellationToken) is { } existing)
            return await RefreshAsync(user, existing, blob, limit, cancellationToken);
        await quota.ChargeAsync(user.Id, OperationId(blob), blob.Size, limit, cancellationToken);
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity, cancellationToken),
            FileId = await ids.NextAsync(IdKind.File, cancellationToken),
            Size = blob.Size,
            PolicyId = policy.Id,
            Source = blob.Name,
            CreatedBy = user.Id,
            CreatedAt = clock.GetUtcNow(),
            IsImported = true,
        };
        await entities.WriteNewAsync([entity], cancellationToken);
        var entry = new NewEntry(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = blob.Size, UpdatedAt = blob.LastModified };
        if (await TryCreateAsync(user, target, entry, blob, cancellationToken) is not { } file)
            return Refused("A file stands where the path needs a folder.");
        if (file.PrimaryEntityId == entity.Id)
            return new BlobArrivalResult(BlobArrivalOutcome.Imported, "A file.");
        // Another delivery of the event was faster, or the name was taken in between.
        await entities.DiscardAsync([entity.Id], cancellationToken);
        return await RefreshAsync(user, file, blob, limit, cancellationToken);
    }

    /// <summary>Creates the file; null, with charge and entity taken back, when it cannot be there.</summary>
    private async Task<FileRecord?> TryCreateAsync(User user, FilePath target, NewEntry entry, BlobItem blob, CancellationToken cancellationToken)
    {
        try
        {
            return await tree.CreateAsync(user.Id, target, entry, failIfExists: false, cancellationToken);
        }
        catch (CloudreveException)
        {
            await quota.ReverseAsync(user.Id, OperationId(blob), cancellationToken);
            await entities.DiscardAsync([entry.EntityId], cancellationToken);
            return null;
        }
    }

    /// <summary>The name exists: the same blob may have been written again, else the name belongs to somebody else.</summary>
    private async Task<BlobArrivalResult> RefreshAsync(User user, FileRecord file, BlobItem blob, long limit, CancellationToken cancellationToken)
    {
        var entity = file.Type == FileType.File ? await entities.FindAsync(file.PrimaryEntityId, cancellationToken) : null;
        if (entity?.Source != blob.Name || !entity.IsImported)
        {
            await quota.ReverseAsync(user.Id, OperationId(blob), cancellationToken);
            return new BlobArrivalResult(BlobArrivalOutcome.Skipped, "The name exists.");
        }
        if (file.Size == blob.Size && file.UpdatedAt == blob.LastModified)
            return new BlobArrivalResult(BlobArrivalOutcome.Skipped, "The blob is known.");
        await quota.ChargeAsync(user.Id, OperationId(blob), blob.Size - file.Size, limit, cancellationToken);
        await entities.ResizeAsync(entity.Id, blob.Size, cancellationToken);
        await tree.UpdateAsync(file, f => f with { Size = blob.Size, UpdatedAt = blob.LastModified }, cancellationToken);
        return new BlobArrivalResult(BlobArrivalOutcome.Updated, "The blob was written again.");
    }

    private static BlobArrivalResult Refused(string reason) => new(BlobArrivalOutcome.Refused, reason);

    private static string OperationId(BlobItem blob) =>
        "blob-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(blob.Name + "\n" + blob.ETag)));
}
