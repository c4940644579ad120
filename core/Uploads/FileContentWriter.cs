using System.Buffers;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Encryption;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;

namespace Cloudreve.Core.Uploads;

/// <summary>What shall be written to a file within one request.</summary>
/// <param name="Path">The file's path in the drive; the file is created if it is missing.</param>
/// <param name="Length">Bytes of the content.</param>
public sealed record ContentRequest(FilePath Path, long Length)
{
    /// <summary>The entity that must be current, 0 for none; null for any.</summary>
    public long? Previous { get; init; }

    /// <summary>When the content last changed; null for now.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>The sync client that writes; null for others.</summary>
    public string? ClientId { get; init; }

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];
}

/// <summary>
/// Writes the content of a file from a stream: an upload that begins and ends within one request. Memory does not depend on the
/// length.
/// </summary>
/// <param name="creation">Begins uploads.</param>
/// <param name="completion">Completes them.</param>
/// <param name="cancellation">Gives them up.</param>
/// <param name="sessions">Their rows.</param>
/// <param name="blobs">Their blobs.</param>
/// <param name="encryption">Encrypts where the policy says so.</param>
/// <param name="tree">The files.</param>
public sealed class FileContentWriter(
    UploadCreation creation, UploadCompletion completion, UploadCancellation cancellation, UploadSessions sessions, UploadBlobs blobs,
    BlobEncryption encryption, FileTree tree)
{
    private const long LeastBlock = 8 << 20;

    // How slow a sender may be before its upload is given up as abandoned: 256 KiB in a second, and a quarter of an hour.
    private const long SlowestRate = 256 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Writes a file's content. The content before becomes an older version, as far as the owner keeps them.</summary>
    /// <param name="caller">Who writes: the owner of the drive.</param>
    /// <param name="site">The site's settings.</param>
    /// <param name="request">What.</param>
    /// <param name="content">The bytes, as many as announced.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    /// <returns>The file as it is stored.</returns>
    /// <exception cref="CloudreveException">Those of <see cref="UploadCreation.BeginAsync"/>, and 40013 for another length than announced.</exception>
    public async Task<FileRecord> WriteAsync(
        Caller caller, SiteSettings site, ContentRequest request, Stream content, CancellationToken cancellationToken = default)
    {
        ChunkPlan.CheckBlobSize(request.Length);
        var block = Math.Max(LeastBlock, (request.Length + ChunkPlan.MaxBlocks - 1) / ChunkPlan.MaxBlocks);
        if (block > ChunkPlan.MaxRelayChunk * 4)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file exceeds the size limit of a single request.");
        var upload = new UploadRequest(request.Path, request.Length)
        {
            Overwrites = true,
            Previous = request.Previous,
            ModifiedAt = request.ModifiedAt,
            ClientId = request.ClientId,
            LockTokens = request.LockTokens,
            Stream = new ChunkPlan(request.Length, block),
            Lifetime = Patience + TimeSpan.FromSeconds(request.Length / SlowestRate),
        };
        var session = await creation.BeginAsync(caller, site, upload, cancellationToken);
        try
        {
            await StageAsync(session, content, cancellationToken);
            await completion.CompleteAsync(session, cancellationToken);
        }
        catch (Exception e) when (e is CloudreveException or StorageException or IOException or OperationCanceledException)
        {
            await cancellation.CancelAsync(session, CancellationToken.None);
            throw;
        }
        await sessions.RemoveAsync(session, cancellationToken);
        return await tree.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken) is { } file && file.Id == session.FileId
            ? file
            : await tree.FindByIdAsync(session.FileId, cancellationToken) ?? throw new CloudreveException(ErrorCode.PathNotFound, "The file was deleted in the meantime.");
    }

    /// <summary>Stages the blocks; the next one is read while one is sent.</summary>
    private async Task StageAsync(UploadSession session, Stream content, CancellationToken cancellationToken)
    {
        var container = await blobs.ContainerOfAsync(session, cancellationToken);
        using var cipher = session.Encryption is null ? null : (await encryption.OpenAsync(session.Encryption, cancellationToken)).CreateCipher();
        var size = (int)Math.Min(session.ChunkSize, Math.Max(session.Size, 1));
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent(size), ArrayPool<byte>.Shared.Rent(size));
        var sent = Task.CompletedTask;
        try
        {
            for (var index = 0; session.Size > 0 && index < session.Chunks.Count; index++)
            {
                var length = (int)session.Chunks.LengthOf(index);
                if (await content.ReadAtLeastAsync(filling.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken) < length)
                    throw BadLength();
                cipher?.Apply(filling.AsSpan(0, length), index * session.ChunkSize);
                await sent;
                (filling, sending) = (sending, filling);
                sent = SendAsync(container, session, index, sending, length, cancellationToken);
            }
            if (await content.ReadAsync(filling.AsMemory(0, 1), cancellationToken) > 0)
                throw BadLength();
        }
        finally
        {
            // A buffer must not go back while it is being sent.
            await sent.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
        await sent;
    }

    private static async Task SendAsync(
        BlobContainer container, UploadSession session, int index, byte[] buffer, int length, CancellationToken cancellationToken)
    {
        using var block = new MemoryStream(buffer, 0, length, writable: false);
        await container.StageBlockAsync(session.Source, ChunkPlan.BlockId(index), block, cancellationToken);
    }

    private static CloudreveException BadLength() => new(ErrorCode.BadContentLength, "The content does not match its Content-Length.");
}
