using System.Net;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>A body of any length that takes no memory, sent in chunks as though nobody knew its length.</summary>
/// <param name="piece">What it repeats.</param>
/// <param name="length">Bytes.</param>
internal sealed class PatternBody(ReadOnlyMemory<byte> piece, long length) : HttpContent
{
    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var left = length; left > 0; left -= piece.Length)
            await stream.WriteAsync(piece[..(int)Math.Min(left, piece.Length)]);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
