using System.Net;
using System.Net.Sockets;

namespace Cloudreve.Load.Faults;

/// <summary>A connection through the proxy.</summary>
internal sealed class ProxiedConnection(TcpProxy proxy, Socket client) : IDisposable
{
    private const int SlowBytes = 256;
    private static readonly TimeSpan s_slowPause = TimeSpan.FromMilliseconds(20);
    private static readonly byte[] s_unavailable =
        "HTTP/1.1 503 Server Busy\r\nRetry-After: 1\r\nx-ms-error-code: ServerBusy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile bool _isAnswered = true;
    private volatile FaultKind _fault;

    /// <summary>Passes requests on until one of the two sides ends the connection, or the proxy does.</summary>
    public async Task RunAsync(int port)
    {
        client.NoDelay = true;
        try
        {
            await _server.ConnectAsync(IPAddress.Loopback, port);
            await Task.WhenAny(PassRequestsAsync(), PassAnswersAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them has ended.
        }
        Break();
    }

    /// <summary>Aborts the connection.</summary>
    public void Break()
    {
        Reset(client);
        Reset(_server);
    }

    public void Dispose() => Break();

    private async Task PassRequestsAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = await client.ReceiveAsync(buffer)) > 0;)
            {
                if (_isAnswered)
                {
                    _isAnswered = false;
                    if (!await BeginAsync())
                        return;
                }
                await SendAsync(_server, buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them has ended.
        }
    }

    /// <returns>True if the request is passed on.</returns>
    private async Task<bool> BeginAsync()
    {
        var (kind, delay) = proxy.BeginRequest();
        _fault = kind;
        switch (kind)
        {
            case FaultKind.Reset:
                return false;
            case FaultKind.Unavailable:
                await client.SendAsync(s_unavailable);
                client.Shutdown(SocketShutdown.Send);
                await DrainAsync();
                return false;
            case FaultKind.BlackHole:
                await DrainAsync();
                return false;
            case FaultKind.Delay:
                await Task.Delay(delay);
                return true;
            default:
                return true;
        }
    }

    /// <summary>Reads the remaining data, until the other side ends.</summary>
    private async Task DrainAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer) > 0)
        {
            // Nobody reads it.
        }
    }

    private async Task PassAnswersAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = await _server.ReceiveAsync(buffer)) > 0;)
            {
                if (_fault == FaultKind.LostAnswer)
                    return;
                _isAnswered = true;
                await SendAsync(client, buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them has ended.
        }
    }

    private async Task SendAsync(Socket target, ReadOnlyMemory<byte> bytes)
    {
        while (_fault == FaultKind.Trickle && bytes.Length > SlowBytes)
        {
            await SendAllAsync(target, bytes[..SlowBytes]);
            bytes = bytes[SlowBytes..];
            await Task.Delay(s_slowPause);
        }
        await SendAllAsync(target, bytes);
    }

    private static async Task SendAllAsync(Socket target, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await target.SendAsync(bytes)..];
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended.
        }
        socket.Dispose();
    }
}
