using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudreve.Testing.Downloads;

/// <summary>Another site, with one file.</summary>
public sealed class RangeServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _running;

    public RangeServer(byte[] content)
    {
        Content = content;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }
        _listener.Prefixes.Add(Address);
        _listener.Prefixes.Add(Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        _listener.Start();
        _running = RunAsync();
    }

    public string Address { get; }

    public byte[] Content { get; set; }

    /// <summary>The version that it tells; null for none, and then it sends no ranges either.</summary>
    public string? ETag { get; set; } = "\"1\"";

    /// <summary>After how many bytes the next answers break off, once each.</summary>
    public ConcurrentQueue<int> Cuts { get; } = new();

    /// <summary>Statuses of the next answers.</summary>
    public ConcurrentQueue<int> Failures { get; } = new();

    /// <summary>Where the first byte of each answer was.</summary>
    public ConcurrentQueue<int> Starts { get; } = new();

    /// <summary>Where requests for <c>/moved</c> are sent.</summary>
    public string Elsewhere { get; set; } = "";

    /// <summary>Runs while an answer is sent.</summary>
    public Func<Task>? During { get; set; }

    /// <summary>What happens after how many bytes of the next answer.</summary>
    public ConcurrentQueue<(int Bytes, Func<Task> Run)> Pauses { get; } = new();

    /// <summary>Stops of one answer each: what happens after how many bytes of the file.</summary>
    public ConcurrentQueue<(int Bytes, Func<Task> Run)> Stops { get; } = new();

    /// <summary>Further headers of all answers.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>True if it does not tell the length.</summary>
    public bool IsLengthUnknown { get; set; }

    /// <summary>True if it sends all bytes whatever is asked for, although it says that it has ranges.</summary>
    public bool IgnoresRanges { get; set; }

    /// <summary>True if it sends parts even when it is not asked for any.</summary>
    public bool SendsPartsAlone { get; set; }

    /// <summary>The most bytes of a part.</summary>
    public int MostBytes { get; set; } = int.MaxValue;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
    }

    private async Task RunAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The client left, or the test is over.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var response = context.Response;
        if (context.Request.Url!.AbsolutePath == "/moved")
        {
            response.Redirect(Elsewhere);
            response.Close();
            return;
        }
        if (Failures.TryDequeue(out var status))
        {
            response.StatusCode = status;
            response.Close();
            return;
        }
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        var range = context.Request.Headers["Range"] ?? (SendsPartsAlone ? "bytes=0-" : null);
        var isPart = !IgnoresRanges && ETag is not null && range is not null && (context.Request.Headers["If-Range"] ?? ETag) == ETag;
        var start = isPart ? int.Parse(range!["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
        if (isPart && start >= Content.Length)
        {
            response.StatusCode = 416;
            response.Close();
            return;
        }
        Starts.Enqueue(start);
        if (ETag is not null)
        {
            response.Headers["ETag"] = ETag;
            response.Headers["Accept-Ranges"] = "bytes";
        }
        var length = isPart ? Math.Min(MostBytes, Content.Length - start) : Content.Length;
        if (isPart)
        {
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{start + length - 1}/{(IsLengthUnknown ? "*" : Content.Length)}";
        }
        if (IsLengthUnknown)
            response.SendChunked = true;
        else
            response.ContentLength64 = length;
        var isCut = Cuts.TryDequeue(out var cut);
        var (sent, end) = (start, start + (isCut ? Math.Min(cut, length) : length));
        if (Stops.TryDequeue(out var stop))
            Pauses.Enqueue(stop);
        while (Pauses.TryDequeue(out var pause))
        {
            await response.OutputStream.WriteAsync(Content.AsMemory(sent, pause.Bytes - sent));
            await response.OutputStream.FlushAsync();
            sent = pause.Bytes;
            await pause.Run();
        }
        await response.OutputStream.WriteAsync(Content.AsMemory(sent, end - sent));
        await response.OutputStream.FlushAsync();
        if (During is { } during)
            await during();
        if (isCut)
            response.Abort();
        else
            response.Close();
    }
}
