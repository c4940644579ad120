using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>An entry of a zip that a decoder with a large memory unpacks. There is a limited number of them in a process at a time.</summary>
internal sealed class ZipDecoding : ReadOnlyStream
{
    private readonly Stream _packed;
    private readonly SemaphoreSlim _turns;
    private readonly Stream _decoder;
    private readonly DecodedContent _content;
    private bool _isDisposed;

    private ZipDecoding(Stream packed, SemaphoreSlim turns, Stream decoder) =>
        (_packed, _turns, _decoder, _content) = (packed, turns, decoder, new DecodedContent(decoder));

    /// <summary>Opens an entry when there is a place.</summary>
    /// <param name="method">A method that <see cref="ZipMethods"/> knows.</param>
    /// <param name="packed">The entry's packed content; owned once it is open.</param>
    /// <param name="packedSize">Its number of bytes.</param>
    /// <param name="size">The number of bytes that it unpacks to.</param>
    /// <param name="turns">The places.</param>
    /// <exception cref="CloudreveException">The entry cannot be unpacked.</exception>
    public static async Task<ZipDecoding> OpenAsync(
        int method, ReadOnlyStream packed, long packedSize, long size, SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(cancellationToken);
        try
        {
            var decoder = await Task.Run(() => ZipMethods.Open(method, new Waiting(packed, cancellationToken), packedSize, size), cancellationToken);
            return new ZipDecoding(packed, turns, decoder);
        }
        catch (Exception e)
        {
            turns.Release();
            if (e is ArchiveRefusedException or CloudreveException || !DecoderErrors.IsOfContent(e))
                throw;
            throw DecoderErrors.OfEntry(e);
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _content.ReadAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            await _decoder.DisposeAsync();
            await _packed.DisposeAsync();
            _turns.Release();
        }
        await base.DisposeAsync();
    }

    /// <summary>Content for a decoder, which has a thread that may wait.</summary>
    private sealed class Waiting(Stream content, CancellationToken cancellationToken) : ForwardStream
    {
        /// <summary>Reads as many bytes as are wanted, up to the end: some decoders take a smaller number for the end.</summary>
        public override int Read(Span<byte> buffer)
        {
            var bytes = new byte[buffer.Length];
            try
            {
                var read = content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).AsTask().GetAwaiter().GetResult();
                bytes.AsSpan(0, read).CopyTo(buffer);
                return read;
            }
            catch (Exception e) when (e is IOException and not EndOfStreamException)
            {
                throw new BlobReadException(e);
            }
        }
    }
}
