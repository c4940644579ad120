using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The uploads of clients that send chunks: begins, finds and ends them.</summary>
/// <param name="layout">The storage of their rows.</param>
/// <param name="catalog">The policies of their blobs.</param>
/// <param name="quota">Charges them.</param>
/// <param name="clock">Determines when they expire.</param>
public sealed class ChunkedUploads(StorageLayout layout, SiteCatalog catalog, UploadBlobs blobs, QuotaLedger quota, TimeProvider clock)
{
    // A request that receives a chunk may outlive the upload by this time; its charge and its blocks are searched for again then.
    private static readonly TimeSpan s_review = TimeSpan.FromMinutes(15);

    /// <summary>Begins an upload. One transaction, two for a client that announces the size.</summary>
    /// <param name="caller">The user who uploads.</param>
    /// <param name="key">The name that the client has chosen.</param>
    /// <param name="lifetime">The time that the upload is kept after its last chunk.</param>
    /// <param name="size">Bytes of the whole, according to the client; null when unknown.</param>
    /// <exception cref="CloudreveException">40004: there is one of this name; 40051 and 40049: it will be too large; 40006 when the group cannot
    /// store files.</exception>
    public async Task<ChunkedUpload> BeginAsync(
        Caller caller, ChunkedUploadKey key, TimeSpan lifetime, long? size, CancellationToken cancellationToken = default)
    {
        var owner = caller.RequireUser();
        var policy = await UploadCreation.PolicyOfAsync(catalog, caller.Group, cancellationToken);
        if (size is { } bytes)
        {
            FileRules.Of(policy).CheckSize(bytes);
            if (await quota.GetUsedAsync(owner.Id, cancellationToken) > caller.Group.MaxStorage - bytes)
                throw new CloudreveException(ErrorCode.QuotaExceeded, "The storage quota is exceeded.");
        }
        var upload = new ChunkedUpload
        {
            Partition = key.Partition,
            Id = Guid.NewGuid(),
            OwnerId = owner.Id,
            PolicyId = policy.Id,
            IsEncrypted = policy.Settings.Encryption,
            Lifetime = lifetime,
            CreatedAt = clock.GetUtcNow(),
        };
        try
        {
            await layout.Uploads.SubmitAsync(
                new TableBatch(upload.Partition).Insert(upload.Describe(ChunkedUpload.NameRow)).Insert(upload.Describe(upload.OpenKey, upload.CreatedAt + lifetime)),
                cancellationToken);
            return upload;
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost, or the name is taken.
            return await FindAsync(key, cancellationToken) is { } found && found.Id == upload.Id
                ? found
                : throw new CloudreveException(ErrorCode.ObjectExists, "An upload with this name exists already.");
        }
    }

    /// <summary>Finds an upload that has not ended: one transaction; null when there is none.</summary>
    /// <param name="key">Its name.</param>
    public async Task<ChunkedUpload?> FindAsync(ChunkedUploadKey key, CancellationToken cancellationToken = default) =>
        await layout.Uploads.FindAsync(key.Partition, ChunkedUpload.NameRow, cancellationToken) is { } row ? ChunkedUpload.FromRow(row) : null;

    /// <summary>The chunks that have arrived: one transaction for each 1,000.</summary>
    public async Task<IReadOnlyList<UploadChunk>> ListAsync(ChunkedUpload upload, CancellationToken cancellationToken = default) =>
        await layout.Uploads.QueryAsync(RowRange.Prefix(upload.Partition, upload.ChunkPrefix), cancellationToken)
            .Select(row => UploadChunk.FromRow(upload, row)).ToListAsync(cancellationToken);

    /// <summary>Records that a chunk has arrived; an earlier one of the same name is given up. One transaction, six when there was one.</summary>
    /// <returns>True if the name is new.</returns>
    /// <exception cref="CloudreveException">40011: the upload has ended.</exception>
    internal async Task<bool> AddAsync(ChunkedUpload upload, UploadChunk chunk, CancellationToken cancellationToken)
    {
        for (UploadChunk? before = null; ;)
        {
            var row = chunk.Describe(upload);
            var batch = new TableBatch(upload.Partition).Merge(upload.Refreshed(clock.GetUtcNow()));
            _ = before is null ? batch.Insert(row) : batch.Replace(row, before.ETag);
            try
            {
                await layout.Uploads.SubmitAsync(batch, cancellationToken);
                if (before is not null)
                    await quota.ReverseAsync(upload.OwnerId, upload.ChargeOf(before), cancellationToken);
                return before is null;
            }
            catch (StorageNotFoundException e) when (e.FailedIndex == 0)
            {
                throw UploadSessions.Expired();
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                before = await FindChunkAsync(upload, chunk.Name, cancellationToken);
                // The response to a first try was lost.
                if (before?.Id == chunk.Id)
                    return true;
            }
        }
    }

    /// <summary>Gives up a chunk: five transactions.</summary>
    /// <param name="name">The chunk.</param>
    /// <returns>False when there is no such chunk.</returns>
    public async Task<bool> RemoveAsync(ChunkedUpload upload, ChunkName name, CancellationToken cancellationToken = default)
    {
        if (await FindChunkAsync(upload, name, cancellationToken) is not { } chunk)
            return false;
        await layout.Uploads.DeleteAsync(upload.Partition, upload.ChunkPrefix + name.Text, cancellationToken: cancellationToken);
        await quota.ReverseAsync(upload.OwnerId, upload.ChargeOf(chunk), cancellationToken);
        return true;
    }

    /// <summary>
    /// Ends an upload: its charges are refunded, and the staging blob is removed. Six transactions, two more for each 100 chunks. Harmless to
    /// repeat.
    /// </summary>
    public async Task EndAsync(ChunkedUpload upload, CancellationToken cancellationToken = default)
    {
        var batch = new TableBatch(upload.Partition)
            .Delete(ChunkedUpload.NameRow, upload.ETag)
            .Delete(upload.OpenKey)
            .Upsert(upload.Describe(upload.EndedKey, clock.GetUtcNow() + s_review));
        try
        {
            await layout.Uploads.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Another call has ended it, or our own first try, whose response was lost.
        }
        await ReleaseAsync(upload, cancellationToken);
    }

    /// <summary>Ends an abandoned upload, or removes the leftovers of one that has ended.</summary>
    /// <param name="row">A row that is due.</param>
    internal async Task SettleAsync(Row row, CancellationToken cancellationToken)
    {
        var upload = ChunkedUpload.FromRow(row);
        if (row.RowKey == upload.OpenKey)
        {
            await ExpireAsync(upload, row.ETag, cancellationToken);
            return;
        }
        await ReleaseAsync(upload, cancellationToken);
        await RowSweep.DeleteAsync(
            layout.Uploads, layout.Uploads.QueryAsync(RowRange.Prefix(upload.Partition, upload.ChunkPrefix), cancellationToken), int.MaxValue, cancellationToken);
        await layout.Uploads.DeleteAsync(row.PartitionKey, row.RowKey, cancellationToken: cancellationToken);
    }

    /// <summary>Ends an upload, unless a chunk has arrived meanwhile.</summary>
    private async Task ExpireAsync(ChunkedUpload upload, string version, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(upload.Partition)
            .Delete(upload.OpenKey, version)
            .Delete(ChunkedUpload.NameRow)
            .Upsert(upload.Describe(upload.EndedKey, clock.GetUtcNow() + s_review));
        try
        {
            await layout.Uploads.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Its client has continued it, or ended it.
            return;
        }
        await ReleaseAsync(upload, cancellationToken);
    }

    private async Task ReleaseAsync(ChunkedUpload upload, CancellationToken cancellationToken)
    {
        await quota.ReverseAllAsync(upload.OwnerId, upload.Charges, cancellationToken);
        await blobs.DiscardStagedAsync(upload.PolicyId, upload.StagingName, cancellationToken);
    }

    private async Task<UploadChunk?> FindChunkAsync(ChunkedUpload upload, ChunkName name, CancellationToken cancellationToken) =>
        await layout.Uploads.FindAsync(upload.Partition, upload.ChunkPrefix + name.Text, cancellationToken) is { } row ? UploadChunk.FromRow(upload, row) : null;
}
