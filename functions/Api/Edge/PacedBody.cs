using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Streams;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// A request's body that must arrive at a minimum rate: clients that send next to nothing hold a request, its memory and its reservations
/// no longer than others. Only the time spent waiting for the body counts.
/// </summary>
/// <param name="clock">Measures the waiting.</param>
internal sealed class PacedBody(Stream body, TimeProvider clock) : ReadOnlyStream
{
    /// <summary>The time that the first byte may take, and all pauses together beyond what <see cref="LeastRate"/> allows.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Bytes in a second.</summary>
    public const int LeastRate = 1024;

    private TimeSpan _waited;
    private long _read;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var remaining = Grace + TimeSpan.FromSeconds((double)_read / LeastRate) - _waited;
        if (remaining <= TimeSpan.Zero)
            throw TooSlow();
        using var timeout = new CancellationTokenSource(remaining, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var start = clock.GetTimestamp();
        try
        {
            var count = await body.ReadAsync(buffer, linked.Token);
            _read += count;
            return count;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TooSlow();
        }
        finally
        {
            _waited += clock.GetElapsedTime(start);
        }
    }

    private static CloudreveException TooSlow() => new(ErrorCode.BadParameter, "The request body arrived too slowly.");
}
