using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The next bytes of a stream, which it owns, up to a limit.</summary>
/// <param name="content">The stream.</param>
/// <param name="length">Number of bytes.</param>
internal sealed class EntryPart(Stream content, long length) : ReadOnlyStream
{
    private long _rest = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, _rest);
        var read = wanted == 0 ? 0 : await content.ReadAsync(buffer[..wanted], cancellationToken);
        _rest -= read;
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await base.DisposeAsync();
    }
}
