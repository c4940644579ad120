namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Passes writes on, no faster than allowed.</summary>
/// <param name="output">The output. It stays open.</param>
/// <param name="bytesPerSecond">The limit; 0 for none.</param>
/// <param name="clock">Measures and waits.</param>
internal sealed class PacedOutput(Stream output, long bytesPerSecond, TimeProvider clock) : Stream
{
    private readonly PacedCopy _copy = new(bytesPerSecond, clock);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await _copy.WriteAsync(buffer, output, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _copy.WriteAsync(buffer.AsMemory(offset, count), output, cancellationToken);

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Content is written asynchronously.");

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException("Content is written asynchronously.");

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
