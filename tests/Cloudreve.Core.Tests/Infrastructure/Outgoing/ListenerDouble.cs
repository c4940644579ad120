using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cloudreve.Core.Tests.Infrastructure.Outgoing;

/// <summary>A server on an address of this machine that answers every connection in the same way, and counts them.</summary>
internal sealed class ListenerDouble : IDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<NetworkStream, Task> _answer;
    // A connection that nothing refers to would be closed by the garbage collector.
    private readonly ConcurrentBag<TcpClient> _clients = [];
    private int _connections;

    private ListenerDouble(IPAddress address, Func<NetworkStream, Task> answer)
    {
        _listener = new TcpListener(address, 0);
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port that it listens on.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Number of connections that were opened.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Starts a server that sends a text.</summary>
    /// <param name="text">An HTTP response.</param>
    /// <param name="address">The address; 127.0.0.1 unless given.</param>
    public static ListenerDouble Sending(string text, string address = "127.0.0.1") =>
        new(IPAddress.Parse(address), stream => stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask());

    /// <summary>Starts a server that answers with status 200 and a body.</summary>
    /// <param name="address">The address; 127.0.0.1 unless given.</param>
    public static ListenerDouble Answering(string body, string address = "127.0.0.1") =>
        Sending($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}", address);

    /// <summary>Starts a server that redirects.</summary>
    public static ListenerDouble Redirecting(string target) =>
        Sending($"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    /// <summary>Starts a server whose answer has no end.</summary>
    public static ListenerDouble Endless() => new(IPAddress.Loopback, async stream =>
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8.ToArray());
        var part = new byte[1024];
        while (true)
            await stream.WriteAsync(part);
    });

    /// <summary>Starts a server that begins an answer and goes silent.</summary>
    public static ListenerDouble Silent() => new(IPAddress.Loopback, async stream =>
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"u8.ToArray());
        await Task.Delay(Timeout.InfiniteTimeSpan);
    });

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using var held = client;
        _clients.Add(client);
        Interlocked.Increment(ref _connections);
        try
        {
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await _answer(stream);
        }
        catch (IOException)
        {
            // The client has gone.
        }
    }
}
