using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OAuth;

/// <summary>Events that end the tokens of applications, and tokens that they never get.</summary>
public sealed partial class OAuthApiTests
{
    [Theory]
    [InlineData("password")]
    [InlineData("sign-out")]
    public async Task Given_a_code_when_the_users_sign_in_ends_before_the_exchange_then_it_is_worth_nothing(string change)
    {
        var client = await CreateClientAsync();
        var user = await App.CreateUserAsync();
        var tokens = (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password })).Data.GetProperty("token");
        var browser = With(tokens.GetProperty("access_token").GetString()!);
        var code = await ConsentAsync(browser, client, "openid");
        var changed = change == "password"
            ? await browser.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" })
            : await App.CreateClient().SendApiAsync(HttpMethod.Delete, "session/token", new { refresh_token = tokens.GetProperty("refresh_token").GetString() });
        Assert.Equal(0, changed.Code);

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, code)).Text("error"));
    }

    [Fact]
    public async Task Given_a_code_that_was_used_when_it_comes_again_then_the_tokens_of_the_first_use_end()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var code = await ConsentAsync(browser, client, AllScopes);
        var tokens = await ExchangeAsync(client, code);
        Assert.Equal(0, (await With(tokens.Text("access_token")).GetApiAsync("user/me")).Code);

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, code)).Text("error"));

        Assert.Equal(401, (await With(tokens.Text("access_token")).GetApiAsync("user/me")).Code);
        var refreshed = await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = tokens.Text("refresh_token") });
        Assert.Equal(40020, refreshed.Code);
    }

    [Fact]
    public async Task Given_a_grant_when_it_is_withdrawn_then_the_access_tokens_end_as_well()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var app = With((await ExchangeAsync(client, await ConsentAsync(browser, client, AllScopes))).Text("access_token"));
        Assert.Equal(0, (await app.GetApiAsync("user/me")).Code);

        Assert.Equal(0, (await browser.SendApiAsync(HttpMethod.Delete, $"session/oauth/grant/{client.ClientId}")).Code);

        Assert.Equal(401, (await app.GetApiAsync("user/me")).Code);
    }

    [Theory]
    [InlineData("PUT", "user/authn", null)]
    [InlineData("POST", "user/authn", """{"response":"{}","name":"key","ua":"x"}""")]
    [InlineData("GET", "user/setting/2fa", null)]
    [InlineData("PATCH", "user/setting", """{"new_password":"another password","current_password":"correct horse battery"}""")]
    [InlineData("PATCH", "user/setting", """{"two_fa_enabled":true,"two_fa_code":"123456"}""")]
    [InlineData("POST", "session/oauth/consent", """{"client_id":"x","response_type":"code","redirect_uri":"https://a","scope":"openid"}""")]
    public async Task Given_an_application_with_security_scopes_when_it_creates_a_sign_in_then_it_is_refused(string method, string path, string? body)
    {
        string[] scopes = ["openid", "UserInfo.Write", "UserSecurityInfo.Write"];
        var client = await CreateClientAsync(scopes);
        var (_, browser) = await SignInAsync();
        var app = With((await ExchangeAsync(client, await ConsentAsync(browser, client, string.Join(' ', scopes)))).Text("access_token"));

        var answer = body is null ? await app.SendApiAsync(HttpMethod.Parse(method), path) : await app.SendTextAsync(HttpMethod.Parse(method), path, body);

        Assert.Equal(40089, answer.Code);
    }

    [Theory]
    [InlineData("openid UserInfo.Read", false)]
    [InlineData("openid UserInfo.Read UserSecurityInfo.Read", true)]
    public async Task Given_an_application_when_it_reads_settings_then_how_users_sign_in_needs_its_own_scope(string scopes, bool isShown)
    {
        var client = await CreateClientAsync(scopes.Split(' '));
        var (_, browser) = await SignInAsync();
        var app = With((await ExchangeAsync(client, await ConsentAsync(browser, client, scopes))).Text("access_token"));

        var settings = await app.GetApiAsync("user/setting");

        Assert.Equal(0, settings.Code);
        Assert.Equal(isShown, settings.Data.TryGetProperty("oauth_grants", out _));
        Assert.Equal(isShown, settings.Data.GetProperty("login_activity").GetArrayLength() > 0);
    }
}
