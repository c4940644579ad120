using System.Globalization;
using System.Net;
using System.Text;

namespace Cloudreve.Testing.Vaults;

/// <summary>One request of a connection (HTTP/1.1 with bodies of a known length), and its answer.</summary>
internal sealed class HttpExchange
{
    private readonly Stream _stream;

    private HttpExchange(Stream stream, string method, string target) => (_stream, Method, Target) = (stream, method, target);

    public string Method { get; }

    /// <summary>Path and query.</summary>
    public string Target { get; }

    public string? Authorization { get; private init; }

    public string Body { get; private init; } = "";

    /// <summary>Reads the next request; null when the client has closed the connection.</summary>
    public static async Task<HttpExchange?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await ReadLineAsync(stream, cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(line);
                continue;
            }
            var headers = lines.Skip(1).Select(header => header.Split(':', 2)).ToDictionary(
                parts => parts[0], parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
            var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
            await stream.ReadExactlyAsync(body, cancellationToken);
            var request = lines[0].Split(' ');
            return new HttpExchange(stream, request[0], request[1])
            {
                Authorization = headers.GetValueOrDefault("Authorization"),
                Body = Encoding.UTF8.GetString(body),
            };
        }
        return null;
    }

    /// <summary>Responds with JSON.</summary>
    public async Task AnswerAsync(HttpStatusCode status, string json, CancellationToken cancellationToken, params string[] headers)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var head = string.Join("\r\n", [$"HTTP/1.1 {(int)status} {status}", "Content-Type: application/json", $"Content-Length: {body.Length}", .. headers]);
        await _stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head + "\r\n\r\n"), .. body], cancellationToken);
        await _stream.FlushAsync(cancellationToken);
    }

    private static async Task<string?> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (await stream.ReadAsync(next, cancellationToken) == 1)
        {
            if (next[0] == '\n')
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            line.Add(next[0]);
        }
        return null;
    }
}
