using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Cloudreve.Load.Faults;

/// <summary>
/// Stands between a site and the storage emulator, counts requests and disturbs them. It passes bytes on and reads no HTTP: what a client
/// sends after an answer is the next request. So it can refuse and break connections, and takes little from what is measured; the proxy
/// of Cloudreve.Testing knows what each request is for.
/// </summary>
public sealed partial class TcpProxy : IAsyncDisposable
{
    private readonly Dictionary<int, int> _ports = [];
    private readonly List<TcpListener> _listeners = [];
    private readonly ConcurrentDictionary<ProxiedConnection, bool> _connections = new();
    private readonly Random _random;
    private readonly Lock _lock = new();
    private FaultWindow? _window;
    private long _requests;
    private bool _isClosed;

    /// <summary>Listens before an emulator.</summary>
    /// <param name="connectionString">The connection string of the emulator.</param>
    /// <param name="seed">The seed that selects the disturbed requests.</param>
    public TcpProxy(string connectionString, int seed)
    {
        _random = new Random(seed);
        ConnectionString = EndpointPattern().Replace(connectionString, Divert);
        Open();
    }

    /// <summary>The connection string of the emulator through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>Requests so far.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>True if requests are being disturbed now.</summary>
    public bool IsDisturbing
    {
        get
        {
            lock (_lock)
                return _window is not null;
        }
    }

    /// <summary>Disturbs requests from now on; null for none.</summary>
    public void Disturb(FaultWindow? window)
    {
        lock (_lock)
            _window = window;
        if (window?.Kind == FaultKind.Outage)
            Close();
        else if (_isClosed)
            Open();
    }

    /// <summary>Ends what a black hole or a slow transfer still holds.</summary>
    public void BreakConnections()
    {
        foreach (var connection in _connections.Keys)
            connection.Break();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Counts a request that begins and draws what happens to it.</summary>
    internal (FaultKind Kind, TimeSpan Delay) BeginRequest()
    {
        Interlocked.Increment(ref _requests);
        lock (_lock)
        {
            return _window is { } window && _random.NextDouble() < window.Share
                ? (window.Kind, TimeSpan.FromMilliseconds(_random.Next(200, 3_000)))
                : default;
        }
    }

    private void Open()
    {
        _isClosed = false;
        foreach (var (port, target) in _ports)
        {
            var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Start(512);
            _listeners.Add(listener);
            _ = AcceptAsync(listener, target);
        }
    }

    private void Close()
    {
        _isClosed = true;
        foreach (var listener in _listeners)
            listener.Dispose();
        _listeners.Clear();
        BreakConnections();
    }

    private async Task AcceptAsync(TcpListener listener, int target)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync(), target);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It was closed.
        }
    }

    private async Task ServeAsync(Socket client, int target)
    {
        using var connection = new ProxiedConnection(this, client);
        _connections[connection] = true;
        try
        {
            await connection.RunAsync(target);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    /// <summary>Gives an endpoint of the emulator a port of the proxy.</summary>
    private string Divert(Match endpoint)
    {
        var port = ChoosePort();
        _ports[port] = int.Parse(endpoint.Groups["port"].Value, CultureInfo.InvariantCulture);
        return $"{endpoint.Groups["service"].Value}Endpoint=http://127.0.0.1:{port}/";
    }

    /// <summary>A port that the system gives to no outgoing connection during an outage.</summary>
    private int ChoosePort()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        int port;
        do
            port = Random.Shared.Next(20_000, 32_000);
        while (taken.Contains(port) || _ports.ContainsKey(port));
        return port;
    }

    [GeneratedRegex("(?<service>Blob|Queue|Table)Endpoint=http://127.0.0.1:(?<port>[0-9]+)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndpointPattern();
}
