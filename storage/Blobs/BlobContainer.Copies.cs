using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Cloudreve.AzureStorage.Blobs;

/// <summary>Copies that the service makes, which pass no bytes through the app, and blobs that others can write to.</summary>
public sealed partial class BlobContainer
{
    /// <summary>The largest blob that one request copies; a larger one is copied by the service in the background.</summary>
    public const long MaxDirectCopy = 256L << 20;

    // The lifetime of the source address of a background copy, which the service may read for a while.
    private static readonly TimeSpan CopyAccess = TimeSpan.FromDays(1);

    /// <summary>
    /// Copies a blob to a name that is free: done when the call returns, or, for a large blob, begun; <see cref="FindAsync"/> reports how
    /// far it is.
    /// </summary>
    /// <param name="source">The blob.</param>
    /// <param name="ifMatch">The version of it that is copied.</param>
    /// <param name="name">The copy.</param>
    /// <param name="isLarge">True if the blob is larger than <see cref="MaxDirectCopy"/>.</param>
    /// <exception cref="StorageException">
    /// A subtype: the source is gone, has another version or cannot be read where it is, or the name is taken.
    /// </exception>
    public Task CopyNewAsync(string source, string ifMatch, string name, bool isLarge, CancellationToken cancellationToken = default) =>
        CopyNewAsync(this, source, ifMatch, name, isLarge, cancellationToken);

    /// <summary>Copies a blob of another container, of the same account or another, to a name of this one that is free.</summary>
    /// <param name="container">The container of the blob.</param>
    /// <param name="source">The blob.</param>
    /// <param name="ifMatch">The version of it that is copied.</param>
    /// <param name="name">The copy.</param>
    /// <param name="isLarge">True if the blob is larger than <see cref="MaxDirectCopy"/>.</param>
    /// <exception cref="StorageException">
    /// A subtype: the source is gone, has another version or cannot be read where it is, or the name is taken.
    /// </exception>
    public async Task CopyNewAsync(
        BlobContainer container, string source, string ifMatch, string name, bool isLarge, CancellationToken cancellationToken = default)
    {
        var address = await container.SignReadAsync(source, _clock.GetUtcNow() + CopyAccess, cancellationToken: cancellationToken);
        var from = new BlobRequestConditions { IfMatch = new ETag(ifMatch) };
        var to = new BlobRequestConditions { IfNoneMatch = ETag.All };
        await CallAsync(async () =>
        {
            var copy = _client.GetBlobClient(name);
            if (isLarge)
                await copy.StartCopyFromUriAsync(address, new BlobCopyFromUriOptions { SourceConditions = from, DestinationConditions = to }, cancellationToken);
            else
                await copy.SyncCopyFromUriAsync(address, new BlobCopyFromUriOptions { SourceConditions = from, DestinationConditions = to }, cancellationToken);
        });
    }

    /// <summary>
    /// Deletes a blob that others can write to: a lease or a copy that they have begun does not keep it. One request, up to four when
    /// something holds it.
    /// </summary>
    /// <param name="name">The blob.</param>
    /// <returns>False when there was no such blob.</returns>
    public async Task<bool> DeleteHeldAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await BreakLeaseAsync(name, () => DeleteAsync(name, cancellationToken), cancellationToken);
        }
        catch (StorageExistsException)
        {
            await AbortCopyAsync(name, cancellationToken);
            return await BreakLeaseAsync(name, () => DeleteAsync(name, cancellationToken), cancellationToken);
        }
    }

    /// <summary>Runs an unconditional call, which only a lease can fail with 412, and repeats it when the lease is broken.</summary>
    private async Task<T> BreakLeaseAsync<T>(string name, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (StorageChangedException)
        {
            await IgnoreAsync(() => _client.GetBlobClient(name).GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: cancellationToken));
            return await call();
        }
    }

    private async Task AbortCopyAsync(string name, CancellationToken cancellationToken)
    {
        var blob = _client.GetBlobClient(name);
        await IgnoreAsync(async () =>
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            if (properties.CopyId is { Length: > 0 } copy)
                await blob.AbortCopyFromUriAsync(copy, cancellationToken: cancellationToken);
        });
    }

    /// <summary>Runs a call that has nothing to do when a competing call was faster.</summary>
    private async Task IgnoreAsync(Func<Task> call)
    {
        try
        {
            await CallAsync(call);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageExistsException or StorageChangedException)
        {
            // The lease or the copy has ended, or the blob is gone.
        }
    }
}
