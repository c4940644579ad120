using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The decrypted content of chunks, one after the other.</summary>
/// <param name="container">The container of the staging blob.</param>
/// <param name="name">The blob, which is made of the chunks.</param>
/// <param name="version">The version of it that is.</param>
/// <param name="chunks">The chunks, in order.</param>
/// <param name="encryption">Opens their keys.</param>
internal sealed class ChunkReader(BlobContainer container, string name, string version, IReadOnlyList<UploadChunk> chunks, BlobEncryption encryption) : Stream
{
    private Stream? _current;
    private int _next;
    private long _offset;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_current is not null && await _current.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                return read;
            if (_next == chunks.Count)
                return 0;
            await OpenNextAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Content is read asynchronously.");

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _current?.Dispose();
        base.Dispose(disposing);
    }

    private async Task OpenNextAsync(CancellationToken cancellationToken)
    {
        if (_current is not null)
            await _current.DisposeAsync();
        _current = null;
        var chunk = chunks[_next++];
        if (chunk.Size == 0)
            return;
        var blob = await container.OpenReadAsync(name, _offset, chunk.Size, version, cancellationToken);
        _offset += chunk.Size;
        _current = chunk.Encryption is null ? blob.Content : new CtrStream(blob.Content, (await encryption.OpenAsync(chunk.Encryption, cancellationToken)).CreateCipher(), 0);
    }
}
