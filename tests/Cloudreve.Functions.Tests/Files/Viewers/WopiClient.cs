using System.Net;
using System.Text.Json;

namespace Cloudreve.Functions.Tests.Files.Viewers;

/// <summary>An answer to a viewer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The content.</param>
/// <param name="Headers">The headers of the protocol.</param>
internal sealed record WopiReply(HttpStatusCode Status, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Lock => Headers.GetValueOrDefault("X-WOPI-Lock");

    public string? Version => Headers.GetValueOrDefault("X-WOPI-ItemVersion");

    public string? Error => Headers.GetValueOrDefault("X-WOPI-ServerError");
}

/// <summary>A viewer that talks as Office Online does: the file's address and a token are all it knows.</summary>
/// <param name="source">The file's address.</param>
internal sealed class WopiClient(HttpClient http, string source, string token)
{
    public Task<WopiReply> CheckFileInfoAsync() => SendAsync(HttpMethod.Get, "");

    public Task<WopiReply> GetFileAsync(params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, "/contents", null, headers);

    public Task<WopiReply> PutFileAsync(byte[] content, string? held) =>
        SendAsync(HttpMethod.Post, "/contents", content, [("X-WOPI-Override", "PUT"), .. held is null ? [] : new[] { ("X-WOPI-Lock", held) }]);

    public Task<WopiReply> ModifyAsync(string operation, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, "", [], [("X-WOPI-Override", operation), .. headers]);

    public Task<WopiReply> LockAsync(string name) => ModifyAsync("LOCK", ("X-WOPI-Lock", name));

    public async Task<WopiReply> SendAsync(HttpMethod method, string path, byte[]? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, $"{source}{path}?access_token={Uri.EscapeDataString(token)}");
        if (content is not null)
            request.Content = new ByteArrayContent(content);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await http.SendAsync(request);
        var protocol = answer.Headers.Where(h => h.Key.StartsWith("X-WOPI-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase);
        return new WopiReply(answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(), protocol);
    }
}
