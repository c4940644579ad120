using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cloudreve.Benchmarks.Accounts;

/// <summary>Signs in to the app and stays signed in, as the front end does.</summary>
internal sealed class ProductAccount(AppProcess app) : IDisposable
{
    /// <summary>How many wrong passwords are looked at before the account waits, but one for the warm-up.</summary>
    public const int AllowedFailures = 9;

    private const int LoginFailed = 40080;

    private readonly HttpClient _client = new() { BaseAddress = app.Address };
    private string _refreshToken = "";

    public async Task SignInAsync() => Keep((await SendAsync("session/token", Credentials(AppProcess.AdminEmail, AppProcess.AdminPassword), 0)).GetProperty("token"));

    public Task FailAsync(string email) => SendAsync("session/token", Credentials(email, "not the password"), LoginFailed);

    public async Task RefreshAsync() => Keep(await SendAsync("session/token/refresh", new { refresh_token = _refreshToken }, 0));

    public Task PingAsync() => GetAsync("site/ping");

    public Task AskAsync() => GetAsync("user/me");

    public void Dispose() => _client.Dispose();

    private static object Credentials(string email, string password) => new { email, password };

    private void Keep(JsonElement token)
    {
        _refreshToken = token.GetProperty("refresh_token").GetString()!;
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.GetProperty("access_token").GetString());
    }

    private async Task GetAsync(string path) => await ReadAsync(await _client.GetAsync(new Uri("/api/v4/" + path, UriKind.Relative)), 0);

    private async Task<JsonElement> SendAsync(string path, object body, int code) =>
        await ReadAsync(await _client.PostAsJsonAsync(new Uri("/api/v4/" + path, UriKind.Relative), body), code);

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer, int code)
    {
        using (answer)
        {
            var root = await answer.Content.ReadFromJsonAsync<JsonElement>();
            if (root.GetProperty("code").GetInt32() != code)
                throw new BenchmarkException($"The app answered {root}.");
            return root.TryGetProperty("data", out var data) ? data : default;
        }
    }
}
