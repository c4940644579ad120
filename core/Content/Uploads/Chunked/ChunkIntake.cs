using System.Buffers;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>Receives chunks, of any size and in any order, also concurrently and repeatedly.</summary>
public sealed class ChunkIntake
{
    private static readonly TimeSpan s_undoTimeout = TimeSpan.FromSeconds(20);

    private readonly ChunkedUploads _uploads;
    private readonly UploadBlobs _blobs;
    private readonly QuotaLedger _quota;
    private readonly BlobEncryption _encryption;
    private readonly UploadMemory _memory;
    private readonly TimeProvider _clock;
    private readonly ILogger<ChunkIntake> _logger;

    internal ChunkIntake(
        ChunkedUploads uploads, UploadBlobs blobs, QuotaLedger quota, BlobEncryption encryption, UploadMemory memory, TimeProvider clock, ILogger<ChunkIntake> logger) =>
        (_uploads, _blobs, _quota, _encryption, _memory, _clock, _logger) = (uploads, blobs, quota, encryption, memory, clock, logger);

    /// <summary>
    /// Receives a chunk: three transactions, one for each 8 MiB, and one more for a chunk of unknown length. Memory does not depend on the
    /// length.
    /// </summary>
    /// <param name="caller">The user who uploads.</param>
    /// <param name="name">The chunk.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="length">Number of bytes; null when unknown.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The chunk, and whether its name is new.</returns>
    /// <exception cref="CloudreveException">40051 for the quota, 40013 for another length than announced, 40011 when the upload has ended, 40049
    /// for the size.</exception>
    public async Task<(UploadChunk Chunk, bool IsNew)> TakeAsync(
        Caller caller, ChunkedUpload upload, ChunkName name, Stream content, long? length, CancellationToken cancellationToken = default)
    {
        var chunk = new UploadChunk
        {
            Name = name,
            Id = Guid.NewGuid(),
            Encryption = upload.IsEncrypted ? await _encryption.CreateAsync(cancellationToken) : null,
        };
        try
        {
            var most = length ?? caller.Group.MaxStorage - await _quota.GetUsedAsync(upload.OwnerId, cancellationToken);
            if (length is { } known)
                await _quota.ChargeAsync(upload.OwnerId, upload.ChargeOf(chunk), known, caller.Group.MaxStorage, CancellationToken.None);
            var size = await StageAsync(upload, chunk, content, new ChunkBounds(length, most), cancellationToken);
            if (length is null)
                await _quota.ChargeAsync(upload.OwnerId, upload.ChargeOf(chunk), size, caller.Group.MaxStorage, CancellationToken.None);
            chunk = chunk with { Size = size, At = _clock.GetUtcNow() };
            return (chunk, await _uploads.AddAsync(upload, chunk, CancellationToken.None));
        }
        catch (Exception e)
        {
            // A call without a response from storage may take effect late; the end of the upload refunds everything that it was charged.
            if (e is not StorageException)
                await TryReverseAsync(upload, chunk);
            throw;
        }
    }

    /// <summary>Stages the blocks of a chunk, the next one being read while one is sent.</summary>
    /// <returns>Bytes of the chunk.</returns>
    private async Task<long> StageAsync(ChunkedUpload upload, UploadChunk chunk, Stream content, ChunkBounds bounds, CancellationToken cancellationToken)
    {
        var block = (int)Math.Min(bounds.Length ?? UploadChunk.BlockSize, UploadChunk.BlockSize);
        using var room = await _memory.TakeAsync(bounds.Length <= block ? block : 2 * block, cancellationToken);
        var container = await _blobs.ContainerOfAsync(upload.PolicyId, cancellationToken);
        using var cipher = chunk.Encryption is null ? null : (await _encryption.OpenAsync(chunk.Encryption, cancellationToken)).CreateCipher();
        // Room for one byte that shows that there is more than was announced.
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent(Math.Max(block, 1)), ArrayPool<byte>.Shared.Rent(Math.Max(block, 1)));
        var sent = Task.CompletedTask;
        try
        {
            var size = 0L;
            for (var index = 0; ; index++)
            {
                var read = await content.ReadAtLeastAsync(filling.AsMemory(0, block), block, throwOnEndOfStream: false, cancellationToken);
                size += read;
                bounds.Check(size, isEnd: read < block || size == bounds.Length);
                if (read > 0)
                {
                    cipher?.Apply(filling.AsSpan(0, read), size - read);
                    await sent;
                    (filling, sending) = (sending, filling);
                    sent = SendAsync(container, upload.StagingName, UploadChunk.BlockId(chunk.Id, index), sending, read);
                }
                if (read < block || size == bounds.Length)
                    break;
            }
            if (bounds.Length is not null && await content.ReadAsync(filling.AsMemory(0, 1), cancellationToken) > 0)
                throw ChunkBounds.BadLength();
            await sent;
            return size;
        }
        finally
        {
            // A buffer must not be returned while it is being sent.
            await sent.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
    }

    private static async Task SendAsync(BlobContainer container, string name, string blockId, byte[] buffer, int length)
    {
        using var block = new MemoryStream(buffer, 0, length, writable: false);
        await container.StageBlockAsync(name, blockId, block, CancellationToken.None);
    }

    private async Task TryReverseAsync(ChunkedUpload upload, UploadChunk chunk)
    {
        using var timeout = new CancellationTokenSource(s_undoTimeout, _clock);
        try
        {
            await _quota.ReverseAsync(upload.OwnerId, upload.ChargeOf(chunk), timeout.Token);
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            _logger.LogWarning(e, "The charge of a chunk of upload {Upload} could not be given back at once", upload.Id);
        }
    }

    /// <summary>Limits on the length of a chunk.</summary>
    /// <param name="Length">As announced; null when unknown.</param>
    /// <param name="Most">Maximum length.</param>
    private readonly record struct ChunkBounds(long? Length, long Most)
    {
        public void Check(long size, bool isEnd)
        {
            if (isEnd && Length is { } length && size != length)
                throw BadLength();
            if (size > Most)
                throw new CloudreveException(ErrorCode.QuotaExceeded, "The storage quota is exceeded.");
        }

        public static CloudreveException BadLength() => new(ErrorCode.BadContentLength, "The content does not match its Content-Length.");
    }
}
