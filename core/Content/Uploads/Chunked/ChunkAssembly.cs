using System.Buffers;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The claims of a client about the whole of its chunks.</summary>
/// <param name="Size">Bytes; null when it has none.</param>
/// <param name="Checksum">The checksum; null for none.</param>
public readonly record struct ChunkedContent(long? Size, ContentChecksum? Checksum);

/// <summary>
/// Assembles a file from chunks. The chunks stay until the file has its content, so a refusal or an interruption can be fixed and
/// retried; an upload that ended in between leaves nothing but another equal version.
/// </summary>
/// <param name="writer">Gives files their content.</param>
/// <param name="encryption">Decrypts the keys of chunks.</param>
/// <param name="logger">Receives failures after the commit.</param>
public sealed class ChunkAssembly(
    ChunkedUploads uploads, UploadBlobs blobs, FileContentWriter writer, BlobEncryption encryption, ILogger<ChunkAssembly> logger)
{
    private const int CheckedPiece = 1 << 20;

    /// <summary>
    /// Writes a file from the chunks that have arrived. One transaction for each 1,000 chunks, those of <see cref="FileContentWriter.CopyAsync"/> and
    /// one, those of the upload's end, and one more to compare a checksum. No byte passes through the process, unless the policy encrypts or a
    /// checksum is stated.
    /// </summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="upload">The upload, which has ended then.</param>
    /// <param name="request">The file; its length does not count.</param>
    /// <param name="content">The client's description of the content.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    /// <exception cref="CloudreveException">
    /// 40001: chunks are missing, or the content differs from the client's description; 40011: the upload has ended; and what
    /// <see cref="FileContentWriter"/> throws.
    /// </exception>
    public async Task<WrittenFile> AssembleAsync(
        Caller caller, ChunkedUpload upload, ContentRequest request, ChunkedContent content, CancellationToken cancellationToken = default)
    {
        var chunks = ChunkOrder.Arrange(await uploads.ListAsync(upload, cancellationToken), content.Size);
        var size = chunks.Sum(chunk => chunk.Size);
        var wanted = request with { Length = size, AlreadyCharged = size };
        var container = await blobs.ContainerOfAsync(upload.PolicyId, cancellationToken);
        var written = upload.IsEncrypted || size == 0
            ? await EncryptAsync(caller, new Staged(container, upload, chunks), wanted, content, cancellationToken)
            : await writer.TakeStagedAsync(
                caller, wanted, upload.PolicyId, (name, token) => CopyAsync(new Staged(container, upload, chunks), content, name, token), cancellationToken);
        await TryEndAsync(upload);
        return written;
    }

    /// <summary>
    /// Encrypts the content of the whole file. The position of a byte determines its encryption, and was unknown before: the content is read and
    /// encrypted again.
    /// </summary>
    private async Task<WrittenFile> EncryptAsync(
        Caller caller, Staged staged, ContentRequest wanted, ChunkedContent content, CancellationToken cancellationToken)
    {
        var version = wanted.Length > 0 ? await CommitAsync(staged, cancellationToken) : "";
        await using var plain = new ChunkReader(staged.Container, staged.Upload.StagingName, version, staged.Chunks, encryption);
        if (content.Checksum is not { } checksum)
            return await writer.PutAsync(caller, wanted, plain, cancellationToken);
        await using var tested = new CheckedStream(plain, checksum);
        return await writer.PutAsync(caller, wanted, tested, cancellationToken);
    }

    private async Task CopyAsync(Staged staged, ChunkedContent content, string name, CancellationToken cancellationToken)
    {
        var version = new BlobVersion(await CommitAsync(staged, cancellationToken), staged.Chunks.Sum(chunk => chunk.Size));
        if (content.Checksum is { } checksum)
            await CompareAsync(staged, version, checksum, cancellationToken);
        await blobs.CopyVersionAsync(staged.Upload.PolicyId, staged.Upload.StagingName, version, name, cancellationToken);
    }

    /// <summary>Commits the staging blob of the chunks.</summary>
    /// <returns>Its version.</returns>
    private static async Task<string> CommitAsync(Staged staged, CancellationToken cancellationToken)
    {
        try
        {
            return await staged.Container.CommitAnyAsync(staged.Upload.StagingName, [.. staged.Chunks.SelectMany(chunk => chunk.BlockIds)], cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // The upload was ended meanwhile, or one of the chunks was sent again with other blocks.
            throw new CloudreveException(ErrorCode.Conflict, "The uploaded chunks were changed in the meantime. Try again.");
        }
    }

    private static async Task CompareAsync(Staged staged, BlobVersion version, ContentChecksum checksum, CancellationToken cancellationToken)
    {
        var blob = await staged.Container.OpenReadAsync(staged.Upload.StagingName, ifMatch: version.ETag, cancellationToken: cancellationToken);
        await using var content = blob.Content;
        await using var tested = new CheckedStream(content, checksum);
        var buffer = ArrayPool<byte>.Shared.Rent(CheckedPiece);
        try
        {
            while (await tested.ReadAsync(buffer, cancellationToken) > 0)
            {
                // Its end throws when the checksum is another one.
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The file has its content, so no failure is reported: the expiry ends the upload then.</summary>
    private async Task TryEndAsync(ChunkedUpload upload)
    {
        try
        {
            await uploads.EndAsync(upload, CancellationToken.None);
        }
        catch (StorageException e)
        {
            logger.LogWarning(e, "Upload {Upload} could not be ended at once", upload.Id);
        }
    }

    private sealed record Staged(BlobContainer Container, ChunkedUpload Upload, IReadOnlyList<UploadChunk> Chunks);
}
