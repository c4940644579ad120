using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>Talks to the API of a running product.</summary>
internal sealed class ApiClient(AppProcess app) : IDisposable
{
    /// <summary>The client below, with the token of the signed-in user.</summary>
    public HttpClient Http { get; } = new() { BaseAddress = app.Address, Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>Signs in as the administrator.</summary>
    /// <returns>The answer's data.</returns>
    public async Task<JsonElement> SignInAsync()
    {
        var data = await SendAsync(HttpMethod.Post, "session/token", new { email = AppSettings.AdminEmail, password = AppSettings.AdminPassword });
        Use(data.GetProperty("token"));
        return data;
    }

    /// <summary>Signs further requests with an access token.</summary>
    public void Use(JsonElement token) =>
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.GetProperty("access_token").GetString());

    /// <summary>Sends a request with a JSON body.</summary>
    /// <param name="method">The verb.</param>
    /// <param name="path">The path after the API's prefix.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="code">The code that the answer must have.</param>
    /// <exception cref="BenchmarkException">It has another.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null, int code = 0)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        return await SendAsync(method, path, content, code);
    }

    /// <summary>Sends a request with any body.</summary>
    /// <exception cref="BenchmarkException">The answer has another code.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, int code = 0)
    {
        using var request = new HttpRequestMessage(method, "/api/v4/" + path) { Content = content };
        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        try
        {
            using var envelope = JsonDocument.Parse(text);
            if (envelope.RootElement.GetProperty("code").GetInt32() == code)
                return envelope.RootElement.TryGetProperty("data", out var data) ? data.Clone() : default;
        }
        catch (JsonException)
        {
            // Told below.
        }
        throw new BenchmarkException($"{path} answered {(int)answer.StatusCode} {text}\n{app.Output}");
    }

    public void Dispose() => Http.Dispose();
}
