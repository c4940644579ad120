using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>An output of stored content, with the room that its buffers take.</summary>
/// <param name="Cipher">Encrypts; null for a plain blob.</param>
internal sealed record StagedOutput(BlockOutput Output, IDisposable Room, CtrCipher? Cipher) : IAsyncDisposable
{
    /// <summary>Opens an output. No transaction but for the key.</summary>
    /// <param name="memory">Bounds the buffers of all writes.</param>
    /// <param name="encryption">Opens the key.</param>
    /// <param name="content">What is written.</param>
    /// <param name="run">Names the run.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <param name="position">Where in the blob it begins.</param>
    /// <exception cref="RetryLaterException">There is no room now.</exception>
    public static async Task<StagedOutput> OpenAsync(
        UploadBlobs blobs, UploadMemory memory, BlobEncryption encryption, StoredContent content, string run, int blockSize, long position,
        CancellationToken cancellationToken)
    {
        var container = await blobs.ContainerOfAsync(content.PolicyId, cancellationToken);
        var cipher = content.Encryption is null ? null : (await encryption.OpenAsync(content.Encryption, cancellationToken)).CreateCipher();
        try
        {
            var room = await memory.TakeAsync(2L * blockSize, cancellationToken);
            return new StagedOutput(new BlockOutput(container, content.Source, run, blockSize, position, cipher), room, cipher);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.TooManyRequests)
        {
            cipher?.Dispose();
            throw new RetryLaterException("Too much was being uploaded at the time.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Output.DisposeAsync();
        Room.Dispose();
        Cipher?.Dispose();
    }
}
