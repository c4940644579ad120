using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Content whose beginning has been read already.</summary>
/// <param name="start">The beginning.</param>
/// <param name="rest">The rest of the stream. It stays open.</param>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> start, Stream rest) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _start = start;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start.IsEmpty)
            return rest.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, _start.Length);
        _start[..count].CopyTo(buffer);
        _start = _start[count..];
        return ValueTask.FromResult(count);
    }
}
