using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Cloudreve.Testing.Smtp;

/// <summary>A mail as a server received it.</summary>
/// <param name="From">The sender of the envelope.</param>
/// <param name="To">The recipient of the envelope.</param>
/// <param name="Content">Headers and text.</param>
/// <param name="Connection">The number of the connection that it came over, from 1.</param>
public sealed record ReceivedMail(string From, string To, string Content, int Connection);

/// <summary>A mail server on the loopback interface: as much of SMTP (RFC 5321, and RFC 4954 for PLAIN) as a client needs to deliver a mail.</summary>
public sealed class SmtpServerDouble : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly Channel<ReceivedMail> _mails = Channel.CreateUnbounded<ReceivedMail>();
    private readonly Task _accepting;
    private int _connections;
    private int _recipients;

    /// <summary>Starts a server on a free port.</summary>
    public SmtpServerDouble()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Number of connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Number of recipients that were named, accepted or not.</summary>
    public int Recipients => Volatile.Read(ref _recipients);

    /// <summary>User name and password that the server asks for; null for none.</summary>
    public (string User, string Password)? Credentials { get; set; }

    /// <summary>Decides what a recipient is answered, by the number of recipients so far, from 1; null to accept.</summary>
    public Func<int, string?> OnRecipient { get; set; } = _ => null;

    /// <summary>True if connections are closed after a mail.</summary>
    public bool ClosesAfterMail { get; set; }

    /// <summary>The next mail; waits for it.</summary>
    public async Task<ReceivedMail> ReceiveAsync() => await _mails.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>The next mail if one has come; null otherwise.</summary>
    public ReceivedMail? TryReceive() => _mails.Reader.TryRead(out var mail) ? mail : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token), Interlocked.Increment(ref _connections));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(TcpClient client, int connection)
    {
        using var owned = client;
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\r\n", AutoFlush = true };
        try
        {
            await writer.WriteLineAsync("220 localhost ready");
            await ConverseAsync(reader, writer, connection);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone.
        }
    }

    private async Task ConverseAsync(StreamReader reader, StreamWriter writer, int connection)
    {
        var (from, to, isSignedIn) = ("", "", false);
        while (await reader.ReadLineAsync(_ending.Token) is { } line)
        {
            var verb = line.Split(' ')[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO":
                    await writer.WriteAsync("250-localhost\r\n250-8BITMIME\r\n" + (Credentials is null ? "250 SIZE 1000000\r\n" : "250 AUTH PLAIN\r\n"));
                    break;
                case "AUTH":
                    isSignedIn = line.Split(' ')[^1] == Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{Credentials?.User}\0{Credentials?.Password}"));
                    await writer.WriteLineAsync(isSignedIn ? "235 Accepted" : "535 Wrong");
                    break;
                case "MAIL":
                    from = AddressOf(line);
                    await writer.WriteLineAsync(Credentials is null || isSignedIn ? "250 OK" : "530 Sign in first");
                    break;
                case "RCPT":
                    to = AddressOf(line);
                    await writer.WriteLineAsync(OnRecipient(Interlocked.Increment(ref _recipients)) ?? "250 OK");
                    break;
                case "DATA":
                    await writer.WriteLineAsync("354 Go on");
                    var content = await ReadContentAsync(reader);
                    await writer.WriteLineAsync("250 Taken");
                    await _mails.Writer.WriteAsync(new ReceivedMail(from, to, content, connection));
                    if (ClosesAfterMail)
                        return;
                    break;
                case "QUIT":
                    await writer.WriteLineAsync("221 Bye");
                    return;
                default:
                    await writer.WriteLineAsync("250 OK");
                    break;
            }
        }
    }

    private static string AddressOf(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];

    private async Task<string> ReadContentAsync(StreamReader reader)
    {
        var content = new StringBuilder();
        while (await reader.ReadLineAsync(_ending.Token) is { } line && line != ".")
            content.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        return content.ToString();
    }
}
