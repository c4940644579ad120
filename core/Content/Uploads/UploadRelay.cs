using System.Buffers;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Receives chunks of uploads that pass through the functions.</summary>
public sealed class UploadRelay
{
    // The shared pool keeps buffers of this size for every thread that ever had one; these few are shared by all.
    private static readonly ArrayPool<byte> s_buffers = ArrayPool<byte>.Create((int)ChunkPlan.MaxRelayChunk, maxArraysPerBucket: 4);

    private readonly UploadSessions _sessions;
    private readonly UploadBlobs _blobs;
    private readonly UploadCompletion _completion;
    private readonly BlobEncryption _encryption;
    private readonly UploadMemory _memory;

    internal UploadRelay(UploadSessions sessions, UploadBlobs blobs, UploadCompletion completion, BlobEncryption encryption, UploadMemory memory) =>
        (_sessions, _blobs, _completion, _encryption, _memory) = (sessions, blobs, completion, encryption, memory);

    /// <summary>
    /// Receives a chunk. Chunks may arrive in any order, concurrently and repeatedly; the one that completes the set completes the
    /// upload. One transaction of Blob storage and two of tables.
    /// </summary>
    /// <param name="userId">The user who sends.</param>
    /// <param name="index">The index of the chunk, from 0.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="length">Number of bytes that the request announces; null when it announces none.</param>
    /// <param name="cancellationToken">Cancels the call; harmless.</param>
    /// <exception cref="CloudreveException">
    /// 40011 for no such upload of this user, 40012 for an index beyond the end, 40013 for another length, 40006 for an upload
    /// whose chunks go to Blob storage directly, 429 while too much is uploaded, and whatever completion throws.
    /// </exception>
    public async Task TakeAsync(Guid id, long userId, int index, Stream content, long? length, CancellationToken cancellationToken = default)
    {
        var session = await _sessions.GetAsync(id, cancellationToken);
        if (session.CreatedBy != userId || session.State == UploadState.Cancelled)
            throw UploadSessions.Expired();
        if (!session.IsRelay)
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "This upload does not accept chunks through the site.");
        if (index < 0 || index >= session.Chunks.Count)
            throw new CloudreveException(ErrorCode.BadChunkIndex, "The chunk index is out of range.");
        if (length != session.Chunks.LengthOf(index))
            throw BadLength();
        if (session.State == UploadState.Open)
        {
            if (session.Size > 0)
                await StageAsync(session, index, content, cancellationToken);
            session = await _sessions.MarkReceivedAsync(session, index, cancellationToken);
        }
        if (session.State != UploadState.Open || session.HasReceivedAll())
            await _completion.CompleteAsync(session, cancellationToken);
    }

    private async Task StageAsync(UploadSession session, int index, Stream content, CancellationToken cancellationToken)
    {
        var length = (int)session.Chunks.LengthOf(index);
        using var room = await _memory.TakeAsync(length, cancellationToken);
        var buffer = s_buffers.Rent(length);
        try
        {
            if (await content.ReadAtLeastAsync(buffer.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken) < length)
                throw BadLength();
            var container = await _blobs.ContainerOfAsync(session, cancellationToken);
            if (session.Encryption is not null)
            {
                using var cipher = (await _encryption.OpenAsync(session.Encryption, cancellationToken)).CreateCipher();
                cipher.Apply(buffer.AsSpan(0, length), index * session.ChunkSize);
            }
            using var block = new MemoryStream(buffer, 0, length, writable: false);
            await container.StageBlockAsync(session.Source, ChunkPlan.BlockId(index), block, cancellationToken);
        }
        finally
        {
            s_buffers.Return(buffer);
        }
    }

    private static CloudreveException BadLength() => new(ErrorCode.BadContentLength, "The chunk has an unexpected length.");
}
