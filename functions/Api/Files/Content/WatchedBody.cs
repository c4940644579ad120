using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>
/// A response body that must be read at a minimum rate: readers that read next to nothing hold a connection to storage no longer than
/// others. Only the time spent waiting for the reader counts, and earlier fast reads are no credit for a standstill.
/// </summary>
/// <param name="http">The request; its connection is cut when the reader is too slow, since an answer that ends early must not look whole.</param>
/// <param name="leastRate">Bytes in a second.</param>
/// <param name="clock">Measures the waiting.</param>
internal sealed class WatchedBody(HttpContext http, long leastRate, TimeProvider clock) : Stream
{
    /// <summary>The time that a reader may lag behind the minimum rate.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private const int Piece = 64 * 1024;

    private readonly Stream _body = http.Response.Body;
    private TimeSpan _behind;

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
    /// <exception cref="SlowReaderException">The reader is too slow.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (var rest = buffer; rest.Length > 0; rest = rest[Math.Min(Piece, rest.Length)..])
            await WritePieceAsync(rest[..Math.Min(Piece, rest.Length)], cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _body.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async Task WritePieceAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        var due = TimeSpan.FromSeconds((double)piece.Length / leastRate);
        var start = clock.GetTimestamp();
        var write = _body.WriteAsync(piece, cancellationToken);
        if (!write.IsCompletedSuccessfully)
            await AwaitReaderAsync(write.AsTask(), Grace + due - _behind, cancellationToken);
        _behind += clock.GetElapsedTime(start) - due;
        if (_behind < TimeSpan.Zero)
            _behind = TimeSpan.Zero;
    }

    private async Task AwaitReaderAsync(Task write, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await write.WaitAsync(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, clock, cancellationToken);
        }
        catch (TimeoutException) when (!write.IsCompleted)
        {
            // Ends the write, too.
            http.Abort();
            throw new SlowReaderException();
        }
    }
}
