using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// The blobs of uploads. Clients write to a staging blob of their upload alone; its content is copied to the blob that the file will
/// refer to, whose address nobody else ever gets. Content that passes through the functions is written there directly.
/// </summary>
/// <param name="catalog">Their policies.</param>
/// <param name="clock">Waits for copies.</param>
public sealed class UploadBlobs(SiteCatalog catalog, PolicyContainers containers, TimeProvider clock)
{
    /// <summary>The folder of staging blobs in the container of their policy; it holds nothing else.</summary>
    public const string StagingFolder = OwnAreas.Staging;

    // Each try after the first follows a competing change. A client that keeps changing what it has sent gets no further.
    private const int Tries = 5;

    /// <summary>The container of an upload's blob.</summary>
    internal async Task<BlobContainer> ContainerOfAsync(UploadSession session, CancellationToken cancellationToken) =>
        await ContainerOfAsync(session.PolicyId, cancellationToken);

    /// <summary>The container of a policy's blobs.</summary>
    internal async Task<BlobContainer> ContainerOfAsync(int policyId, CancellationToken cancellationToken) =>
        containers.Get(await catalog.GetPolicyAsync(policyId, cancellationToken));

    /// <summary>
    /// Addresses at which a client may stage the chunks of an upload, in order. No transaction; see
    /// <see cref="BlobContainer.SignWriteAsync"/> for the exception.
    /// </summary>
    /// <param name="session">The upload; one of a file that is not empty.</param>
    public async Task<IReadOnlyList<string>> SignChunksAsync(UploadSession session, CancellationToken cancellationToken = default)
    {
        var address = await (await ContainerOfAsync(session, cancellationToken)).SignWriteAsync(session.StagingName, session.ExpiresAt, cancellationToken);
        var prefix = address.AbsoluteUri + "&comp=block&blockid=";
        return [.. Enumerable.Range(0, session.Chunks.Count).Select(i => prefix + Uri.EscapeDataString(ChunkPlan.BlockId(i)))];
    }

    /// <summary>
    /// Commits the chunks to a blob, if all have arrived with the announced sizes. Two transactions, three when the client
    /// staged them; some more for a copy that takes long.
    /// </summary>
    /// <exception cref="CloudreveException">40055 when chunks are missing or have other sizes, 409 when the copy takes too long.</exception>
    internal async Task CommitAsync(UploadSession session, CancellationToken cancellationToken)
    {
        var container = await ContainerOfAsync(session, cancellationToken);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await (session.IsRelay ? TryCommitAsync(container, session, cancellationToken) : TryTakeStagedAsync(container, session, cancellationToken)))
                return;
        }
        throw Mismatch();
    }

    /// <summary>Checks whether a client has sent anything directly. One transaction.</summary>
    internal async Task<bool> HasStagedAsync(UploadSession session, CancellationToken cancellationToken) =>
        await (await ContainerOfAsync(session, cancellationToken)).GetBlocksAsync(session.StagingName, cancellationToken) is var blocks
        && (blocks.Committed.Count > 0 || blocks.Uncommitted.Count > 0);

    /// <summary>Copies the blob of an entity to another name of its container: two transactions, some more for a large one.</summary>
    /// <exception cref="CloudreveException">40077 when the blob is gone, 409 when it keeps changing.</exception>
    internal async Task CopyAsync(EntityRecord source, string name, CancellationToken cancellationToken)
    {
        var container = await ContainerOfAsync((int)source.PolicyId, cancellationToken);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var blob = await container.FindAsync(source.Source, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
            var isLarge = blob.Size > BlobContainer.MaxDirectCopy;
            try
            {
                await container.CopyNewAsync(source.Source, blob.ETag, name, isLarge, CancellationToken.None);
                if (!isLarge || await IsTakenAsync(container, name, cancellationToken))
                    return;
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                // The response to a first try was lost, nobody else writes to that name; or the source has changed.
                if (await IsTakenAsync(container, name, cancellationToken))
                    return;
            }
        }
        throw new CloudreveException(ErrorCode.Conflict, "The file was changed in the meantime. Try again.");
    }

    /// <summary>
    /// Copies one version of a blob to another name of its container: one transaction, some more for a large one.
    /// </summary>
    /// <exception cref="CloudreveException">409 when the blob has another version.</exception>
    internal async Task CopyVersionAsync(int policyId, string source, BlobVersion version, string name, CancellationToken cancellationToken)
    {
        var container = await ContainerOfAsync(policyId, cancellationToken);
        var isLarge = version.Size > BlobContainer.MaxDirectCopy;
        var isTaken = false;
        try
        {
            await container.CopyNewAsync(source, version.ETag, name, isLarge, CancellationToken.None);
            isTaken = !isLarge || await IsTakenAsync(container, name, cancellationToken);
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            // The response to a first try was lost, nobody else writes to that name; or the source has changed.
            isTaken = await IsTakenAsync(container, name, cancellationToken);
        }
        if (!isTaken)
            throw new CloudreveException(ErrorCode.Conflict, "The uploaded content was changed in the meantime. Try again.");
    }

    /// <summary>Removes whatever there is of an upload's blobs. One transaction, two more for content that a client staged. Harmless to repeat.</summary>
    internal async Task DiscardAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (!session.IsRelay)
            await DiscardStagedAsync(session, cancellationToken);
        await DiscardAsync(session.PolicyId, session.Source, session.IsRelay, cancellationToken);
    }

    /// <summary>Removes whatever there is of a blob to which no client can write: one transaction, two for one in blocks. Harmless to repeat.</summary>
    internal async Task DiscardAsync(int policyId, string name, bool isInBlocks, CancellationToken cancellationToken)
    {
        if (await catalog.FindPolicyAsync(policyId, cancellationToken) is not { } policy)
            return;
        var container = containers.Get(policy);
        if (isInBlocks)
            await DropBlocksAsync(() => container.CommitNewAsync(name, [], cancellationToken));
        await container.DeleteHeldAsync(name, cancellationToken);
    }

    /// <summary>Removes whatever a client has sent, once its addresses have expired: two transactions. Harmless to repeat.</summary>
    internal async Task DiscardStagedAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (!session.IsRelay)
            await DiscardStagedAsync(session.PolicyId, session.StagingName, cancellationToken);
    }

    /// <summary>Removes any remains of a staging blob: two transactions. Harmless to repeat.</summary>
    internal async Task DiscardStagedAsync(int policyId, string name, CancellationToken cancellationToken)
    {
        if (await catalog.FindPolicyAsync(policyId, cancellationToken) is not { } policy)
            return;
        var container = containers.Get(policy);
        await DropBlocksAsync(() => container.CommitAnyAsync(name, [], cancellationToken));
        await container.DeleteHeldAsync(name, cancellationToken);
    }

    /// <summary>Removes the staging blob of a completed upload: one transaction. A failure is left to the expiry.</summary>
    internal async Task ClearStagedAsync(UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await (await ContainerOfAsync(session, cancellationToken)).DeleteHeldAsync(session.StagingName, cancellationToken);
        }
        catch (StorageException)
        {
            // The file has its content; nobody waits for this.
        }
    }

    /// <summary>Blocks that nobody committed cost space for a week, and there is no request that deletes them.</summary>
    private static async Task DropBlocksAsync(Func<Task> commitNone)
    {
        try
        {
            await commitNone();
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException)
        {
            // The blob was committed, or is one of another kind, which has no blocks.
        }
    }

    private static async Task<bool> TryCommitAsync(BlobContainer container, UploadSession session, CancellationToken cancellationToken)
    {
        var blocks = await container.GetBlocksAsync(session.Source, cancellationToken);
        // A repetition: the first try, or a competing call, got as far as this.
        if (blocks.Committed.Count > 0)
            return session.Chunks.IsMadeOf(blocks.Committed) ? true : throw Mismatch();
        if (!session.Chunks.IsMadeOf(blocks.Uncommitted))
            throw Mismatch();
        try
        {
            await container.CommitNewAsync(session.Source, [.. session.Chunks.BlockIds], cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            return false;
        }
    }

    /// <summary>
    /// Copies the content that a client staged, if it is as announced. The blocks are committed before they are checked: the checked content
    /// then has a version, and that version alone is copied.
    /// </summary>
    private async Task<bool> TryTakeStagedAsync(BlobContainer container, UploadSession session, CancellationToken cancellationToken)
    {
        if (await CheckStagedAsync(container, session, cancellationToken) is not { } etag)
        {
            // The staging blob is gone when a competing call has completed the upload.
            return await IsTakenAsync(container, session.Source, cancellationToken) ? true : throw Mismatch();
        }
        var isLarge = session.Size > BlobContainer.MaxDirectCopy;
        try
        {
            await container.CopyNewAsync(session.StagingName, etag, session.Source, isLarge, cancellationToken);
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            // A repetition, or a faster competing call; or the client has changed its blob.
            return await IsTakenAsync(container, session.Source, cancellationToken);
        }
        return !isLarge || await IsTakenAsync(container, session.Source, cancellationToken);
    }

    /// <summary>The version of a staging blob that is made of the announced chunks; null when there is none.</summary>
    private static async Task<string?> CheckStagedAsync(BlobContainer container, UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await container.CommitAnyAsync(session.StagingName, [.. session.Chunks.BlockIds], cancellationToken);
            var blocks = await container.GetBlocksAsync(session.StagingName, cancellationToken);
            return session.Chunks.IsMadeOf(blocks.Committed) ? blocks.ETag : null;
        }
        catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Checks whether the content is at its final location, waiting for the copy to end.</summary>
    private async Task<bool> IsTakenAsync(BlobContainer container, string name, CancellationToken cancellationToken)
    {
        var wait = new CopyWait(clock);
        while (true)
        {
            switch ((await container.FindAsync(name, cancellationToken))?.CopyState)
            {
                case BlobCopyState.Done:
                    return true;
                case BlobCopyState.Pending:
                    await wait.NextAsync(cancellationToken);
                    break;
                case BlobCopyState.Failed:
                    await container.DeleteAsync(name, cancellationToken);
                    return false;
                default:
                    return false;
            }
        }
    }

    private static CloudreveException Mismatch() => new(ErrorCode.MetadataMismatch, "The uploaded content does not have the expected size.");
}

/// <summary>A version of a blob.</summary>
/// <param name="ETag">Its version.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct BlobVersion(string ETag, long Size);
