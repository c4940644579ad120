using System.Globalization;
using System.Net;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Downloads;

/// <summary>A tracker that knows one peer of this machine for every torrent.</summary>
public sealed class TorrentTracker : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _running;
    private readonly int _peerPort;

    public TorrentTracker(int peerPort)
    {
        _peerPort = peerPort;
        var root = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{AzuriteServer.FreePort()}/");
        Address = root + "announce";
        _listener.Prefixes.Add(root);
        _listener.Start();
        _running = RunAsync();
    }

    public string Address { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
    }

    private async Task RunAsync()
    {
        byte[] answer = [.. "d8:intervali1e12:min intervali1e5:peers6:"u8, 127, 0, 0, 1, (byte)(_peerPort >> 8), (byte)_peerPort, (byte)'e'];
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                context.Response.ContentLength64 = answer.Length;
                await context.Response.OutputStream.WriteAsync(answer);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                if (!_listener.IsListening)
                    return;
            }
        }
    }
}
