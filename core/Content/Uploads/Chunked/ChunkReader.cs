using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The decrypted content of chunks, one after the other.</summary>
/// <param name="container">The container of the staging blob.</param>
/// <param name="name">The blob, which is made of the chunks.</param>
/// <param name="version">The version of it that is.</param>
/// <param name="chunks">The chunks, in order.</param>
/// <param name="encryption">Opens their keys.</param>
internal sealed class ChunkReader(BlobContainer container, string name, string version, IReadOnlyList<UploadChunk> chunks, BlobEncryption encryption) : ReadOnlyStream
{
    private Stream? _current;
    private int _next;
    private long _offset;

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
