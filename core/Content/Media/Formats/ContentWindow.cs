using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.Media.Formats;

/// <summary>
/// Reads scattered parts of a file in few requests: each fetches the following bytes as well. Damaged files cannot make it read endlessly.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="work">Bounds what looking for tags and covers costs.</param>
internal sealed class ContentWindow(MediaSource source, WorkBudget work)
{
    /// <summary>The largest part, which no cover needs to exceed, in bytes.</summary>
    public const int MaxPart = 32 * 1024 * 1024;

    private const int Ahead = 64 * 1024;
    private const int MaxRequests = 48;

    // Twice the largest part: some files have a back cover before the front one.
    private const long MaxFetched = 2 * MaxPart;

    // Tags have some dozen frames, and pages of 4 KiB where they hold a picture.
    private const long MaxSteps = 50_000;

    private byte[] _window = [];
    private long _start;
    private int _requests;
    private long _fetched;

    /// <summary>Bytes of the file.</summary>
    public long Size => source.Size;

    /// <summary>The maximum work of looking for one cover.</summary>
    public static WorkBudget Work(CancellationToken cancellationToken) => new(MaxSteps, Damaged, cancellationToken);

    /// <summary>Counts a step over data in memory.</summary>
    public void Spend() => work.Spend();

    /// <summary>A part of the file.</summary>
    /// <param name="offset">Its first byte.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="MediaException">The file is too short, or the part is too large.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        if (offset < 0 || length is < 0 or > MaxPart || offset > Size - length)
            throw Damaged();
        work.Spend();
        if (offset < _start || offset + length > _start + _window.Length)
        {
            var wanted = Math.Max(length, Ahead);
            if (++_requests > MaxRequests || (_fetched += wanted) > MaxFetched)
                throw Damaged();
            _window = await source.ReadAsync(offset, wanted, cancellationToken);
            _start = offset;
        }
        return offset + length > _start + _window.Length ? throw Damaged() : _window.AsMemory((int)(offset - _start), (int)length);
    }

    /// <summary>The failure for a file whose parts contradict each other.</summary>
    public static MediaException Damaged() => new("The tags of the file are damaged.", isFinal: true);
}
