using System.Net;

namespace Cloudreve.EndToEnd.Http;

/// <summary>A body of one byte again and again, which takes no memory.</summary>
/// <param name="length">Number of bytes.</param>
/// <param name="announcesLength">True if the request has a Content-Length; otherwise it is chunked.</param>
internal sealed class PatternContent(long length, bool announcesLength) : HttpContent
{
    /// <summary>The byte.</summary>
    public const byte Byte = 0x43;

    private static readonly byte[] s_piece = [.. Enumerable.Repeat(Byte, 64 * 1024)];

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var left = length; left > 0; left -= s_piece.Length)
            await stream.WriteAsync(s_piece.AsMemory(0, (int)Math.Min(left, s_piece.Length)), cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return announcesLength;
    }
}
