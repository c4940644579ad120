using System.Net.Sockets;

namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>Bounds of a kind of calls.</summary>
/// <param name="Timeout">The time that a call may take, its response included.</param>
/// <param name="MaxBytes">The largest answer.</param>
/// <param name="MaxRedirects">Maximum number of redirects that are followed; each is a call of its own to the guard.</param>
internal sealed record OutgoingLimits(TimeSpan Timeout, int MaxBytes, int MaxRedirects = 0);

/// <summary>Creates the HTTP clients that call hosts named by a setting, a user or another server.</summary>
/// <param name="guard">Opens their connections.</param>
public sealed class OutgoingHttp(OutgoingGuard guard)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Creates a client. It keeps no cookies, and uses no proxy, behind which no address could be checked.</summary>
    /// <param name="limits">The bounds of its calls.</param>
    internal HttpClient CreateClient(OutgoingLimits limits) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = limits.MaxRedirects > 0,
        MaxAutomaticRedirections = Math.Max(1, limits.MaxRedirects),
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = ConnectionLifetime,
        ConnectTimeout = ConnectTimeout,
        ConnectCallback = async (context, cancellationToken) => new NetworkStream(
            await guard.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken), ownsSocket: true),
    })
    {
        Timeout = limits.Timeout,
        MaxResponseContentBufferSize = limits.MaxBytes,
    };
}
