using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;

namespace Cloudreve.AzureStorage.Blobs;

/// <summary>Block blobs that are written in parts. A block is staged first; a commit lists the blocks of the blob.</summary>
public sealed partial class BlobContainer
{
    /// <summary>Stages a block of a blob that is not committed yet. Uncommitted blocks disappear by themselves after a week.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="blockId">Base64; all ids of a blob have the same length.</param>
    /// <param name="content">The bytes, at most 4,000 MiB; a stream that can seek, so that a failed try can be repeated.</param>
    public Task StageBlockAsync(string name, string blockId, Stream content, CancellationToken cancellationToken = default) =>
        CallAsync(async () => await _contents.GetBlockBlobClient(name).StageBlockAsync(blockId, content, cancellationToken: cancellationToken));

    /// <summary>Commits staged blocks to a new blob.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="blockIds">The blocks, in order; none for an empty blob, which drops what is staged.</param>
    /// <returns>The blob's ETag.</returns>
    /// <exception cref="StorageExistsException">The blob exists already.</exception>
    public Task<string> CommitNewAsync(string name, IReadOnlyList<string> blockIds, CancellationToken cancellationToken = default) =>
        CallAsync(async () =>
        {
            var options = new CommitBlockListOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            return (await _client.GetBlockBlobClient(name).CommitBlockListAsync(blockIds, options, cancellationToken)).Value.ETag.ToString();
        });

    /// <summary>
    /// Commits staged blocks to a blob, replacing any existing one. Others may hold a lease on it, which is broken: two requests more.
    /// </summary>
    /// <param name="name">The blob.</param>
    /// <param name="blockIds">The blocks, in order; none for an empty blob, which drops what is staged.</param>
    /// <returns>The blob's ETag.</returns>
    /// <exception cref="StorageNotFoundException">One of the blocks was never staged.</exception>
    /// <exception cref="StorageExistsException">The blob is of another kind, or is being copied to.</exception>
    public Task<string> CommitAnyAsync(string name, IReadOnlyList<string> blockIds, CancellationToken cancellationToken = default) =>
        BreakLeaseAsync(name, () => CallAsync(async () =>
        {
            try
            {
                return (await _client.GetBlockBlobClient(name).CommitBlockListAsync(blockIds, cancellationToken: cancellationToken)).Value.ETag.ToString();
            }
            catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                throw new StorageNotFoundException($"{Name}: {e.ErrorCode}", innerException: e);
            }
        }), cancellationToken);

    /// <summary>The blocks of a blob, committed or not; none when nothing was ever staged.</summary>
    /// <param name="name">The blob.</param>
    public async Task<BlobBlocks> GetBlocksAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await CallAsync(async () =>
            {
                var answer = await _client.GetBlockBlobClient(name).GetBlockListAsync(BlockListTypes.All, cancellationToken: cancellationToken);
                var etag = answer.GetRawResponse().Headers.TryGetValue("ETag", out var text) ? text : "";
                return new BlobBlocks(
                    [.. answer.Value.CommittedBlocks.Select(b => new BlobBlock(b.Name, b.SizeLong))],
                    [.. answer.Value.UncommittedBlocks.Select(b => new BlobBlock(b.Name, b.SizeLong))],
                    etag ?? "");
            });
        }
        catch (StorageNotFoundException)
        {
            return new BlobBlocks([], [], "");
        }
    }

    /// <summary>
    /// An address at which anybody may stage blocks of a blob, or write it, until it expires. No request; see
    /// <see cref="SignReadAsync"/> for the exception.
    /// </summary>
    /// <param name="name">The blob.</param>
    /// <param name="expires">The time the address expires.</param>
    public Task<Uri> SignWriteAsync(string name, DateTimeOffset expires, CancellationToken cancellationToken = default) =>
        SignAsync(name, new BlobSasBuilder(BlobSasPermissions.Write, Signable(expires)), cancellationToken);
}

/// <summary>A part of a block blob.</summary>
/// <param name="Id">Base64.</param>
/// <param name="Size">Bytes.</param>
public sealed record BlobBlock(string Id, long Size);

/// <summary>The parts of a block blob.</summary>
/// <param name="Committed">The blocks of the blob, in order.</param>
/// <param name="Uncommitted">The staged blocks, in no particular order.</param>
/// <param name="ETag">The version of the committed blob; empty when there is none.</param>
public sealed record BlobBlocks(IReadOnlyList<BlobBlock> Committed, IReadOnlyList<BlobBlock> Uncommitted, string ETag);
