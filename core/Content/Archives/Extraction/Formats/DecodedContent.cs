using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>What a decoder brings, for those who read asynchronously.</summary>
/// <param name="decoder">The decoder; not owned.</param>
internal sealed class DecodedContent(Stream decoder) : ReadOnlyStream
{
    /// <summary>The error at which the decoder stopped; null for none.</summary>
    public CloudreveException? Failure { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        try
        {
            return await Task.Run(() => decoder.Read(buffer.Span), cancellationToken);
        }
        catch (CloudreveException e)
        {
            Failure = e;
            throw;
        }
        catch (Exception e) when (DecoderErrors.IsOfContent(e))
        {
            throw Failure = DecoderErrors.OfEntry(e);
        }
    }
}
