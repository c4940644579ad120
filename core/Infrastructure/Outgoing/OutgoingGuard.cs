using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>Resolves a host.</summary>
/// <param name="host">A name or an address.</param>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>
/// Opens connections to hosts that a setting, a user or another server named. Every address that the name resolves to is checked, and the
/// connection goes to a checked address, so a second response of the name service changes nothing.
/// </summary>
/// <param name="rules">The addresses that are allowed beside the internet.</param>
/// <param name="resolve">Resolves hosts.</param>
/// <param name="logger">Logs refusals, since callers show their users little.</param>
public sealed class OutgoingGuard(OutgoingRules rules, ResolveHost resolve, ILogger<OutgoingGuard> logger)
{
    // One address of a host with several may be unreachable from here without a response.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Checks a host that another program is to call. That program asks the name service itself, so this stops only what is plain to see.</summary>
    /// <param name="host">A name or an address.</param>
    /// <returns>False when the host is unknown, or one of its addresses may not be called.</returns>
    public async Task<bool> AllowsAsync(string host, CancellationToken cancellationToken = default)
    {
        try
        {
            var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
            return addresses.Length > 0 && Array.TrueForAll(addresses, address => rules.Allow(host, address));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Connects to a host.</summary>
    /// <param name="host">A name or an address.</param>
    /// <returns>The connection, which the caller owns.</returns>
    /// <exception cref="OutgoingRefusedException">The host may not be called.</exception>
    /// <exception cref="SocketException">The host is unknown or does not respond.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken = default)
    {
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        // A name with both an allowed and a forbidden address is an attack, or the forbidden one would be tried when the other fails.
        if (Array.Find(addresses, address => !rules.Allow(host, address)) is { } forbidden)
        {
            logger.LogWarning(
                "A call to {Host} was refused: {Address} is not an address of the internet. CLOUDREVE_PRIVATE_HOSTS names exceptions, and CLOUDREVE_DOWNLOAD_HOSTS those "
                + "of remote downloads.",
                host,
                forbidden);
            throw new OutgoingRefusedException($"{host} resolves to {forbidden}, which is not an address of the internet.");
        }
        var error = new SocketException((int)SocketError.HostNotFound);
        for (var i = 0; i < addresses.Length; i++)
        {
            try
            {
                return await ConnectAsync(addresses[i], port, isLast: i == addresses.Length - 1, cancellationToken);
            }
            catch (SocketException e)
            {
                error = e;
            }
        }
        throw error;
    }

    private static async Task<Socket> ConnectAsync(IPAddress address, int port, bool isLast, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!isLast)
            limit.CancelAfter(AttemptTimeout);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            return socket;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
