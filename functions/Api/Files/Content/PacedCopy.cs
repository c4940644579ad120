using System.Buffers;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Copies content no faster than allowed, over everything that one response sends.</summary>
/// <param name="bytesPerSecond">The limit; 0 for none.</param>
/// <param name="clock">Measures and waits.</param>
internal sealed class PacedCopy(long bytesPerSecond, TimeProvider clock)
{
    private const int LargestChunk = 64 * 1024;

    // Without a limit: large enough that the overhead of chunks is small.
    private const int UnpacedBuffer = 256 * 1024;

    // Number of chunks per second, so that a slow download moves evenly.
    private const int ChunksPerSecond = 8;

    private readonly long _start = clock.GetTimestamp();
    private long _sent;

    /// <summary>Copies a stream to its end.</summary>
    /// <param name="content">The content to send.</param>
    public async Task CopyAsync(Stream content, Stream output, CancellationToken cancellationToken)
    {
        if (bytesPerSecond == 0)
        {
            await content.CopyToAsync(output, UnpacedBuffer, cancellationToken);
            return;
        }
        var size = ChunkSize();
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            while (await content.ReadAsync(buffer.AsMemory(0, size), cancellationToken) is > 0 and var read)
                await SendAsync(buffer.AsMemory(0, read), output, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a part of the content.</summary>
    /// <param name="content">The content to send.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    public async Task WriteAsync(ReadOnlyMemory<byte> content, Stream output, CancellationToken cancellationToken)
    {
        var size = bytesPerSecond == 0 ? content.Length : ChunkSize();
        for (var rest = content; rest.Length > 0; rest = rest[Math.Min(size, rest.Length)..])
            await SendAsync(rest[..Math.Min(size, rest.Length)], output, cancellationToken);
    }

    private int ChunkSize() => (int)Math.Clamp(bytesPerSecond / ChunksPerSecond, 1, LargestChunk);

    private async Task SendAsync(ReadOnlyMemory<byte> chunk, Stream output, CancellationToken cancellationToken)
    {
        if (bytesPerSecond > 0)
            await WaitAsync(cancellationToken);
        await output.WriteAsync(chunk, cancellationToken);
        _sent += chunk.Length;
    }

    /// <summary>Waits until the bytes sent so far are within the limit.</summary>
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromSeconds((double)_sent / bytesPerSecond) - clock.GetElapsedTime(_start);
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, clock, cancellationToken);
    }
}
