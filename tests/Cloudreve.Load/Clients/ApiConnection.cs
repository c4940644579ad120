using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.Load.Measures;

namespace Cloudreve.Load.Clients;

/// <summary>A user's requests, each measured.</summary>
/// <param name="http">Sends them; shared by all clients.</param>
/// <param name="recorder">Hears of each.</param>
internal sealed class ApiConnection(HttpClient http, LoadRecorder recorder)
{
    private static readonly TimeSpan s_pauseAfterNoAnswer = TimeSpan.FromMilliseconds(400);
    private string? _token;

    public async Task<Reply> SignInAsync(string email, string password)
    {
        var reply = await PostAsync("sign-in", "session/token", new { email, password });
        if (reply.IsDone)
            _token = reply.Data.GetProperty("token").GetProperty("access_token").GetString();
        return reply;
    }

    public Task<Reply> GetAsync(string operation, string path) => SendAsync(operation, HttpMethod.Get, path);

    public Task<Reply> PostAsync(string operation, string path, object body) => SendAsync(operation, HttpMethod.Post, path, JsonContent.Create(body));

    public Task<Reply> PutAsync(string operation, string path, object body) => SendAsync(operation, HttpMethod.Put, path, JsonContent.Create(body));

    public Task<Reply> DeleteAsync(string operation, string path, object? body = null) =>
        SendAsync(operation, HttpMethod.Delete, path, body is null ? null : JsonContent.Create(body));

    /// <summary>Sends a request of the API.</summary>
    public async Task<Reply> SendAsync(string operation, HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v4/" + path) { Content = content };
        if (_token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        return await MeasureAsync(operation, async () =>
        {
            using var answer = await http.SendAsync(request);
            return answer.IsSuccessStatusCode
                ? Reply.Of(await answer.Content.ReadFromJsonAsync<JsonElement>())
                : Reply.Lost($"status {(int)answer.StatusCode}");
        });
    }

    /// <summary>Sends bytes to an address that the site has signed, here or in storage.</summary>
    public Task<Reply> SendBytesAsync(string operation, HttpMethod method, string address, byte[] bytes) => MeasureAsync(operation, async () =>
    {
        using var request = new HttpRequestMessage(method, address) { Content = new ByteArrayContent(bytes) };
        using var answer = await http.SendAsync(request);
        return answer.IsSuccessStatusCode ? new Reply(ReplyKind.Done, 0, "0", default) : Reply.Lost($"status {(int)answer.StatusCode}");
    });

    /// <summary>Fetches bytes from a signed address; null when they did not arrive completely.</summary>
    public async Task<byte[]?> FetchAsync(string operation, string address)
    {
        byte[]? bytes = null;
        await MeasureAsync(operation, async () =>
        {
            using var answer = await http.GetAsync(new Uri(address));
            if (!answer.IsSuccessStatusCode)
                return Reply.Lost($"status {(int)answer.StatusCode}");
            bytes = await answer.Content.ReadAsByteArrayAsync();
            return new Reply(ReplyKind.Done, 0, "0", default);
        });
        return bytes;
    }

    private async Task<Reply> MeasureAsync(string operation, Func<Task<Reply>> send)
    {
        var start = Stopwatch.GetTimestamp();
        Reply reply;
        try
        {
            reply = await send();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException or InvalidOperationException)
        {
            reply = Reply.Lost(e is TaskCanceledException ? "no answer in time" : "no answer");
        }
        recorder.Note(operation, Stopwatch.GetElapsedTime(start), reply.Result);
        // Clients do not flood a site that is down.
        if (reply is { Kind: ReplyKind.Unknown, Code: 0 })
            await Task.Delay(s_pauseAfterNoAnswer);
        return reply;
    }
}
