namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>What a compressed file unpacks to, as long as that is plausible for its size.</summary>
/// <param name="decoder">The decoder; owned.</param>
/// <param name="packed">Bytes of the compressed file.</param>
internal sealed class UnpackedContent(Stream decoder, long packed) : ForwardStream
{
    private long _unpacked;

    public override int Read(Span<byte> buffer)
    {
        var read = decoder.Read(buffer);
        UnpackLimits.CheckRatio(_unpacked += read, packed);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decoder.Dispose();
        base.Dispose(disposing);
    }
}
