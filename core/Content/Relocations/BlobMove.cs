using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The outcome for a blob.</summary>
/// <param name="Failure">Why it could not be moved; null when it was.</param>
/// <param name="IsPending">True if the storage service is still copying it.</param>
internal readonly record struct MoveOutcome(string? Failure, bool IsPending)
{
    public static MoveOutcome Moved => default;

    public static MoveOutcome Pending => new(null, IsPending: true);

    public static MoveOutcome Failed(string reason) => new(reason, IsPending: false);
}

/// <summary>
/// Moves the blob of an entity to another policy. The storage service copies it, whichever accounts both are in, so no byte passes through the
/// app; then the entity is pointed to the copy, on the condition that it still has the blob that was copied.
/// </summary>
/// <param name="clock">Limits the waiting.</param>
internal sealed class BlobMove(SiteCatalog catalog, PolicyContainers containers, EntityStore entities, TimeProvider clock)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Moves a blob: five transactions, some more for a large one. Harmless to repeat with the same target.</summary>
    /// <param name="to">The policy.</param>
    /// <param name="target">The new blob.</param>
    /// <param name="timeout">The time to wait for the copy of a large one.</param>
    /// <exception cref="StorageUnavailableException">Storage is away.</exception>
    public async Task<MoveOutcome> RunAsync(EntityRecord entity, StoragePolicy to, BlobTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (to.Settings.Encryption && entity.Encryption is null)
            return MoveOutcome.Failed("The storage policy encrypts its files, and this one is not encrypted. Upload it again.");
        try
        {
            var from = containers.Get(await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken));
            if (await from.FindAsync(entity.Source, cancellationToken) is not { } blob)
                return MoveOutcome.Failed("Its content does not exist.");
            if (!IsContentOf(entity, blob))
                return MoveOutcome.Failed("Its content was changed outside this site.");
            if (!await TryCopyAsync(from, blob, containers.Get(to), target.Name, cancellationToken))
                return MoveOutcome.Failed("Its content changed while it was being copied.");
            return await TakeAsync(entity, to, blob, target, timeout, cancellationToken);
        }
        catch (CloudreveException e)
        {
            return MoveOutcome.Failed(e.Message);
        }
    }

    /// <summary>Checks whether a blob matches its entity; an imported one belongs to somebody else, who may have replaced it.</summary>
    private static bool IsContentOf(EntityRecord entity, BlobItem blob) =>
        blob.Size == entity.Size && (entity.SourceETag is not { } etag || etag.Trim('"') == blob.ETag.Trim('"'));

    /// <returns>False when the blob is not any more what it was.</returns>
    private static async Task<bool> TryCopyAsync(BlobContainer from, BlobItem blob, BlobContainer to, string name, CancellationToken cancellationToken)
    {
        try
        {
            await to.CopyNewAsync(from, blob.Name, blob.ETag, name, blob.Size > BlobContainer.MaxDirectCopy, cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            // An earlier try got as far, or the blob cannot be read where it is: the copy tells.
            return true;
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return false;
        }
    }

    private async Task<MoveOutcome> TakeAsync(
        EntityRecord entity, StoragePolicy to, BlobItem blob, BlobTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var copies = containers.Get(to);
        var start = clock.GetTimestamp();
        var copy = await copies.FindAsync(target.Name, cancellationToken);
        while (copy?.CopyState == BlobCopyState.Pending)
        {
            if (clock.GetElapsedTime(start) >= timeout)
                return MoveOutcome.Pending;
            await Task.Delay(s_pause, clock, cancellationToken);
            copy = await copies.FindAsync(target.Name, cancellationToken);
        }
        if (copy is null)
            return MoveOutcome.Failed("Its content cannot be read where it is.");
        if (copy.CopyState == BlobCopyState.Failed || copy.Size != blob.Size || (copy.ContentHash is { } hash && blob.ContentHash is { } wanted && hash != wanted))
        {
            await copies.DeleteAsync(target.Name, cancellationToken);
            return MoveOutcome.Failed("The copy of its content is not like the original.");
        }
        if (!target.IsUsable(clock.GetUtcNow()))
            return MoveOutcome.Failed("The copy of its content took too long.");
        return await entities.TryMoveAsync(entity, to.Id, target.Name, cancellationToken)
            ? MoveOutcome.Moved
            : MoveOutcome.Failed("It was changed or deleted in the meantime.");
    }
}
