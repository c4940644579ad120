namespace Cloudreve.Core.Media.Thumbnails.Covers;

/// <summary>Reads parts of a file here and there, in few requests: each fetches what follows, too. Damaged files cannot make it read without end.</summary>
/// <param name="source">The file.</param>
internal sealed class ContentWindow(ThumbnailSource source)
{
    /// <summary>The largest part, which no cover needs to exceed, in bytes.</summary>
    public const int MaxPart = 32 * 1024 * 1024;

    private const int Ahead = 64 * 1024;
    private const int MaxRequests = 48;

    private byte[] _window = [];
    private long _start;
    private int _requests;

    /// <summary>Bytes of the file.</summary>
    public long Size => source.Size;

    /// <summary>A part of the file.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ThumbnailException">The file ends before, or the part is too large.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        if (offset < 0 || length is < 0 or > MaxPart || offset > Size - length)
            throw Damaged();
        if (offset < _start || offset + length > _start + _window.Length)
        {
            if (++_requests > MaxRequests)
                throw Damaged();
            _window = await source.ReadAsync(offset, Math.Max(length, Ahead), cancellationToken);
            _start = offset;
        }
        return offset + length > _start + _window.Length ? throw Damaged() : _window.AsMemory((int)(offset - _start), (int)length);
    }

    /// <summary>What is wrong with a file whose parts contradict each other.</summary>
    public static ThumbnailException Damaged() => new("The tags of the file are damaged.", isFinal: true);
}
