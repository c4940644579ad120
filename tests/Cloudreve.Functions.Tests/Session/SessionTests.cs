using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Session;

public sealed class SessionTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_the_first_administrator_when_signing_in_in_another_case_then_user_and_tokens_come()
    {
        var answer = await App.CreateClient().PostApiAsync("session/token", new { email = "Admin@Example.COM", password = AppFixture.Password });

        Assert.Equal(0, answer.Code);
        var user = answer.Data.GetProperty("user");
        Assert.Equal("admin", user.GetProperty("nickname").GetString());
        Assert.Equal("active", user.GetProperty("status").GetString());
        Assert.Equal("/RoB", user.GetProperty("group").GetProperty("permission").GetString());
        Assert.Equal(1000, user.GetProperty("group").GetProperty("direct_link_batch_size").GetInt32());
        var token = answer.Data.GetProperty("token");
        var (access, refresh) = (token.GetProperty("access_expires").GetDateTimeOffset(), token.GetProperty("refresh_expires").GetDateTimeOffset());
        Assert.Equal(TimeSpan.FromDays(14) - TimeSpan.FromHours(1), refresh - access);
    }

    [Theory]
    [InlineData(AppFixture.AdminEmail, "not the password")]
    [InlineData("nobody@example.com", "not the password")]
    public async Task Given_a_wrong_address_or_password_when_signing_in_then_the_answer_is_the_same(string email, string password)
    {
        var answer = await App.CreateClient().PostApiAsync("session/token", new { email, password });

        Assert.Equal(40080, answer.Code);
        Assert.StartsWith("Wrong email address or password.", answer.Msg, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UserStatus.ManualBanned, 40017)]
    [InlineData(UserStatus.SysBanned, 40017)]
    [InlineData(UserStatus.Inactive, 40018)]
    public async Task Given_an_account_that_may_not_sign_in_when_signing_in_then_the_reason_is_reported(UserStatus status, int code)
    {
        var user = await App.CreateUserAsync(status: status);

        var answer = await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password });

        Assert.Equal(code, answer.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"email\":\"a@example.com\"}")]
    [InlineData("{\"email\":null,\"password\":\"12345678\"}")]
    [InlineData("{\"email\":1,\"password\":\"12345678\"}")]
    [InlineData("{\"email\":\"a@example.com\",\"password\":\"123\"}")]
    [InlineData("{\"email\":\"\\ud800\",\"password\":\"12345678\"}")]
    public async Task Given_a_malformed_body_when_signing_in_then_it_is_a_bad_parameter(string body)
    {
        var answer = await App.CreateClient().SendTextAsync(HttpMethod.Post, "session/token", body);

        Assert.Equal(40001, answer.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_body_above_4_mebibytes_when_signing_in_then_it_is_refused_with_or_without_a_length(bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v4/session/token")
        {
            Content = new StringContent($"{{\"email\":\"{new string('a', 5 * 1024 * 1024)}\"}}", Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = isChunked;

        using var answer = await App.CreateClient().SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"code\":40001,\"msg\":\"The request body is too large.\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_request_line_above_8_kibibytes_when_it_is_sent_then_the_host_refuses_it()
    {
        using var client = new HttpClient { BaseAddress = App.Address };

        using var answer = await client.GetAsync("/api/v4/session/prepare?email=" + new string('a', 9_000));

        Assert.Equal(HttpStatusCode.RequestUriTooLong, answer.StatusCode);
    }

    [Fact]
    public async Task Given_a_refresh_token_when_it_is_used_twice_then_both_pairs_work()
    {
        var refresh = await SignInForRefreshTokenAsync();

        var first = await RefreshAsync(refresh);
        var second = await RefreshAsync(refresh);

        Assert.Equal(0, first.Code);
        Assert.Equal(0, second.Code);
        Assert.Equal(0, (await ClientWith(first.Data.GetProperty("access_token").GetString()!).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_a_sign_out_when_a_descendant_of_the_same_sign_in_is_refreshed_then_it_is_refused()
    {
        var refresh = await SignInForRefreshTokenAsync();
        var descendant = (await RefreshAsync(refresh)).Data.GetProperty("refresh_token").GetString()!;

        var answer = await App.CreateClient().SendApiAsync(HttpMethod.Delete, "session/token", new { refresh_token = refresh });

        Assert.Equal(0, answer.Code);
        Assert.Equal("", answer.Data.GetString());
        Assert.Equal(40020, (await RefreshAsync(descendant)).Code);
    }

    [Fact]
    public async Task Given_an_access_token_when_it_is_used_to_refresh_then_it_is_refused()
    {
        var client = await App.SignInAsync();

        Assert.Equal(40020, (await RefreshAsync(client.DefaultRequestHeaders.Authorization!.Parameter!)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsInN1YiI6IngifQ.")]
    public async Task Given_a_token_that_is_not_ours_when_it_is_refreshed_then_it_is_refused(string token) =>
        Assert.Equal(40020, (await RefreshAsync(token)).Code);

    [Fact]
    public async Task Given_a_refresh_token_when_it_is_used_as_access_token_then_the_credential_is_invalid()
    {
        var refresh = await SignInForRefreshTokenAsync();

        Assert.Equal(40020, (await ClientWith(refresh).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_a_forged_access_token_when_it_is_used_then_the_caller_is_anonymous()
    {
        var client = ClientWith("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwic3ViIjoieCJ9.");

        Assert.Equal(401, (await client.GetApiAsync("user/me")).Code);
        Assert.True((await client.GetApiAsync("site/config/basic")).Data.GetProperty("user").GetProperty("anonymous").GetBoolean());
    }

    [Fact]
    public async Task Given_ten_wrong_passwords_when_the_right_one_follows_then_it_is_refused()
    {
        var user = await App.CreateUserAsync();
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = "wrong password" });

        var answer = await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password });

        Assert.Equal(40080, answer.Code);
    }

    [Fact]
    public async Task Given_a_mail_address_when_a_login_is_prepared_then_only_a_known_one_is_found()
    {
        var known = await App.CreateClient().GetApiAsync("session/prepare?email=" + AppFixture.AdminEmail);

        Assert.True(known.Data.GetProperty("password_enabled").GetBoolean());
        Assert.False(known.Data.GetProperty("webauthn_enabled").GetBoolean());
        Assert.Equal(404, (await App.CreateClient().GetApiAsync("session/prepare?email=nobody@example.com")).Code);
        Assert.Equal(40001, (await App.CreateClient().GetApiAsync("session/prepare")).Code);
    }

    [Fact]
    public async Task Given_warm_caches_when_a_signed_in_caller_asks_for_itself_then_it_costs_nothing()
    {
        var client = await App.SignInAsync();
        await client.GetApiAsync("user/me");
        var users = App.Layout.Users.Name;
        var before = App.Account.Transactions.ByOperation.Where(o => o.Key.Contains(users, StringComparison.Ordinal)).Sum(o => o.Value);

        await client.GetApiAsync("user/me");

        Assert.Equal(before, App.Account.Transactions.ByOperation.Where(o => o.Key.Contains(users, StringComparison.Ordinal)).Sum(o => o.Value));
    }

    private Task<ApiAnswer> RefreshAsync(string token) => App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = token });

    private HttpClient ClientWith(string token)
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private async Task<string> SignInForRefreshTokenAsync()
    {
        var answer = await App.CreateClient().PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password });
        return answer.Data.GetProperty("token").GetProperty("refresh_token").GetString()!;
    }
}
