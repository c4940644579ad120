using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudreve.Functions.Tests.Browser;

/// <summary>The DevTools protocol: numbered commands and their answers over one socket. Events are ignored.</summary>
internal sealed class DevToolsClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly Task _reader;
    private int _last;

    private DevToolsClient(ClientWebSocket socket)
    {
        _socket = socket;
        _reader = ReadAsync();
    }

    /// <summary>Connects to a browser.</summary>
    /// <param name="address">The browser's socket.</param>
    public static async Task<DevToolsClient> ConnectAsync(Uri address)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(address, CancellationToken.None);
        return new DevToolsClient(socket);
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <param name="method">The command.</param>
    /// <param name="session">The page; null for the browser itself.</param>
    public async Task<JsonElement> SendAsync(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _waiting[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
            command["sessionId"] = session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(command), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        return await answer.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reader;
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                WebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                Complete(message.ToArray());
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            foreach (var waiting in _waiting.Values)
                waiting.TrySetException(new InvalidOperationException("The browser has gone.", e));
        }
    }

    private void Complete(byte[] message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        if (!root.TryGetProperty("id", out var id) || !_waiting.TryRemove(id.GetInt32(), out var waiting))
            return;
        if (root.TryGetProperty("error", out var error))
            waiting.SetException(new InvalidOperationException(error.GetRawText()));
        else
            waiting.SetResult(root.GetProperty("result").Clone());
    }
}
