using System.Text.Json;
using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.Accounts;

/// <summary>Signs in to the app and stays signed in, as the front end does.</summary>
internal sealed class ProductAccount(AppProcess app) : IDisposable
{
    /// <summary>Number of wrong passwords that are checked before the account has to wait, less one for the warm-up.</summary>
    public const int AllowedFailures = 9;

    private const int LoginFailed = 40080;

    private readonly ApiClient _api = new(app);
    private string _refreshToken = "";

    public async Task SignInAsync() => Keep((await _api.SignInAsync()).GetProperty("token"));

    public Task FailAsync(string email) => _api.SendAsync(HttpMethod.Post, "session/token", new { email, password = "not the password" }, LoginFailed);

    public async Task RefreshAsync()
    {
        var token = await _api.SendAsync(HttpMethod.Post, "session/token/refresh", new { refresh_token = _refreshToken });
        _api.Use(token);
        Keep(token);
    }

    public Task PingAsync() => _api.SendAsync(HttpMethod.Get, "site/ping");

    public Task AskAsync() => _api.SendAsync(HttpMethod.Get, "user/me");

    public void Dispose() => _api.Dispose();

    private void Keep(JsonElement token) => _refreshToken = token.GetProperty("refresh_token").GetString()!;
}
