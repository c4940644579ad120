using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Encryption;

/// <summary>Decrypts another stream; owns both that stream and the cipher.</summary>
/// <param name="source">The encrypted bytes.</param>
/// <param name="cipher">Decrypts them.</param>
/// <param name="offset">The position in the content of the first byte of <paramref name="source"/>.</param>
internal sealed class CtrStream(Stream source, CtrCipher cipher, long offset) : ReadOnlyStream
{
    private long _offset = offset;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = source.Read(buffer);
        Decrypt(buffer[..read]);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        Decrypt(buffer.Span[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            cipher.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Decrypt(Span<byte> bytes)
    {
        cipher.Apply(bytes, _offset);
        _offset += bytes.Length;
    }
}
