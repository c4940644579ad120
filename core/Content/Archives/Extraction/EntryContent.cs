using System.IO.Hashing;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// The content of an entry, which must be as long as announced and have the announced checksum: a reader that reaches its end knows that it is
/// intact.
/// </summary>
/// <param name="content">The bytes, unpacked while they are read; owned.</param>
/// <param name="size">The expected number.</param>
/// <param name="checksum">Their CRC-32; null where there is none.</param>
/// <param name="source">The source that they are unpacked from, if it has to be read to its end as well.</param>
internal sealed class EntryContent(Stream content, long size, uint? checksum, Stream? source = null) : ReadOnlyStream
{
    private readonly Crc32 _checksum = new();
    private long _rest = size;

    /// <summary>The entry does not match its archive.</summary>
    public static CloudreveException Damaged(Exception? inner = null) => new(ErrorCode.ArchiveTypeUnsupported, "It is damaged.", inner);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
            return 0;
        try
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            _rest -= read;
            while (read == 0 && source is not null && await source.ReadAsync(buffer, cancellationToken) > 0)
            {
                // An authentication code may follow the bytes that unpacking needs.
            }
            if (_rest < 0 || (read == 0 && (_rest > 0 || (checksum is { } expected && _checksum.GetCurrentHashAsUInt32() != expected))))
                throw Damaged();
            _checksum.Append(buffer.Span[..read]);
            return read;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync();
        await base.DisposeAsync();
    }
}
