using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;

namespace Cloudreve.Core.Uploads;

/// <summary>The blobs of uploads.</summary>
/// <param name="catalog">Their policies.</param>
/// <param name="containers">Their containers.</param>
public sealed class UploadBlobs(SiteCatalog catalog, PolicyContainers containers)
{
    /// <summary>The container of an upload's blob.</summary>
    internal async Task<BlobContainer> ContainerOfAsync(UploadSession session, CancellationToken cancellationToken) =>
        containers.Get(await catalog.GetPolicyAsync(session.PolicyId, cancellationToken));

    /// <summary>
    /// Addresses at which a client may stage the chunks of an upload, in order. No transaction; see
    /// <see cref="BlobContainer.SignWriteAsync"/> for the exception.
    /// </summary>
    /// <param name="session">The upload; one of a file that is not empty.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyList<string>> SignChunksAsync(UploadSession session, CancellationToken cancellationToken = default)
    {
        var address = await (await ContainerOfAsync(session, cancellationToken)).SignWriteAsync(session.Source, session.ExpiresAt, cancellationToken);
        var prefix = address.AbsoluteUri + "&comp=block&blockid=";
        return [.. Enumerable.Range(0, session.Chunks.Count).Select(i => prefix + Uri.EscapeDataString(ChunkPlan.BlockId(i)))];
    }

    /// <summary>Makes a blob of the chunks, if they are all there with the sizes that were announced. Two transactions.</summary>
    /// <returns>The blob's ETag.</returns>
    /// <exception cref="CloudreveException">40055 when chunks are missing or of other sizes.</exception>
    internal async Task<string> CommitAsync(UploadSession session, CancellationToken cancellationToken)
    {
        var container = await ContainerOfAsync(session, cancellationToken);
        while (true)
        {
            var blocks = await container.GetBlocksAsync(session.Source, cancellationToken);
            // A repetition: the first try, or a rival, got as far as this.
            if (blocks.Committed.Count > 0)
                return IsWhole(session, blocks.Committed) ? blocks.ETag : throw Mismatch();
            if (!IsWhole(session, blocks.Uncommitted))
                throw Mismatch();
            try
            {
                return await container.CommitNewAsync(
                    session.Source, [.. Enumerable.Range(0, session.Chunks.Count).Select(ChunkPlan.BlockId)], cancellationToken);
            }
            catch (StorageExistsException)
            {
                // A rival came first.
            }
        }
    }

    /// <summary>Removes whatever there is of an upload's blob. Two transactions. Harmless to repeat.</summary>
    internal async Task DiscardAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (await catalog.FindPolicyAsync(session.PolicyId, cancellationToken) is not { } policy)
            return;
        var container = containers.Get(policy);
        try
        {
            // Blocks that nobody committed cost space for a week, and there is no request that deletes them.
            await container.CommitNewAsync(session.Source, [], cancellationToken);
        }
        catch (StorageExistsException)
        {
            // The blob was committed.
        }
        await container.DeleteAsync(session.Source, cancellationToken);
    }

    /// <summary>Whether blocks are exactly the chunks of an upload; the service lists uncommitted ones in any order.</summary>
    private static bool IsWhole(UploadSession session, IReadOnlyList<BlobBlock> blocks)
    {
        var plan = session.Chunks;
        if (blocks.Count != plan.Count)
            return false;
        var sizes = blocks.ToDictionary(b => b.Id, b => b.Size, StringComparer.Ordinal);
        return Enumerable.Range(0, plan.Count).All(i => sizes.GetValueOrDefault(ChunkPlan.BlockId(i), -1) == plan.LengthOf(i));
    }

    private static CloudreveException Mismatch() => new(ErrorCode.MetadataMismatch, "The uploaded content does not have the announced size.");
}
