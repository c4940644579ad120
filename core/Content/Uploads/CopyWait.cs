using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Waits for a background copy of the storage service, as long as a request may take.</summary>
internal sealed class CopyWait(TimeProvider clock)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // The platform ends a request after 230 seconds.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(150);

    private readonly long _start = clock.GetTimestamp();
    private TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits before the next check, longer each time.</summary>
    /// <exception cref="CloudreveException">409 when it has taken too long; the copy continues, so the request can be repeated.</exception>
    public async Task NextAsync(CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(_start) > Timeout)
            throw new CloudreveException(ErrorCode.Conflict, "The content is still being stored; try again in a minute.");
        await Task.Delay(_pause, clock, cancellationToken);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }
}
