using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OAuth;

public sealed partial class OAuthApiTests(ClockedApp clocked) : IClassFixture<ClockedApp>
{
    private const string Secret = "a-secret-that-was-drawn";
    private const string Redirect = "https://app.example/back?x=1";
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string AllScopes = "openid profile email offline_access Files.Read UserInfo.Read";

    private AppFixture App => clocked.App;

    [Fact]
    public async Task Given_a_client_when_a_user_consents_and_it_exchanges_the_code_then_it_may_act()
    {
        var client = await CreateClientAsync();
        var (user, browser) = await SignInAsync();

        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, AllScopes));

        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        Assert.Equal("Bearer", tokens.Text("token_type"));
        Assert.Equal(AllScopes.Split(' ').Order(StringComparer.Ordinal), tokens.Text("scope").Split(' '));
        Assert.Equal(3600, tokens.Body.GetProperty("expires_in").GetInt32(), 5.0);
        Assert.Equal(7200, tokens.Body.GetProperty("refresh_token_expires_in").GetInt32(), 5.0);
        var app = With(tokens.Text("access_token"));
        Assert.Equal(user.Email, (await app.GetApiAsync("user/me")).Data.GetProperty("email").GetString());
        Assert.Equal(40089, (await app.GetApiAsync("user/setting/2fa")).Code);
        var refreshed = await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = tokens.Text("refresh_token") });
        Assert.Equal(0, refreshed.Code);
        Assert.Equal(40089, (await With(refreshed.Data.GetProperty("access_token").GetString()!).GetApiAsync("user/setting/2fa")).Code);
    }

    [Fact]
    public async Task Given_no_offline_access_when_a_code_is_exchanged_then_there_is_no_refresh_token()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();

        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, "openid"));

        Assert.False(tokens.Body.TryGetProperty("refresh_token", out _));
        Assert.False(tokens.Body.TryGetProperty("refresh_token_expires_in", out _));
    }

    [Theory]
    [InlineData("openid", "sub")]
    [InlineData("openid profile", "sub,name,preferred_username,picture,updated_at")]
    [InlineData("openid email", "sub,email,email_verified")]
    public async Task Given_scopes_when_the_user_is_asked_about_then_the_claims_are_theirs(string scopes, string claims)
    {
        var client = await CreateClientAsync();
        var (user, browser) = await SignInAsync();
        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, scopes));

        using var answer = await With(tokens.Text("access_token")).GetAsync(new Uri("/api/v4/session/oauth/userinfo", UriKind.Relative));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(claims.Split(',').Order(), body.RootElement.EnumerateObject().Select(property => property.Name).Order());
        Assert.Equal((await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User), body.RootElement.GetProperty("sub").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_an_address_that_nobody_proved_when_an_application_asks_then_it_is_not_verified(bool proved)
    {
        var client = await CreateClientAsync();
        var (user, browser) = await SignInAsync();
        var settings = App.Services.GetRequiredService<SettingStore>();
        await settings.SetAsync(new Dictionary<string, string> { [AccountSetting.EmailActivation.Key] = "1" });
        if (proved)
        {
            await App.Services.GetRequiredService<UserStore>().UpdateAsync(user.Id, current => current with { Status = UserStatus.Inactive });
            await App.Services.GetRequiredService<SignUp>().ActivateAsync(user.Id, _ => { });
        }
        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, "openid email"));

        using var answer = await With(tokens.Text("access_token")).GetAsync(new Uri("/api/v4/session/oauth/userinfo", UriKind.Relative));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        await settings.SetAsync(new Dictionary<string, string> { [AccountSetting.EmailActivation.Key] = "0" });

        Assert.Equal(proved, body.RootElement.GetProperty("email_verified").GetBoolean());
    }

    [Theory]
    [InlineData("openid", false)]
    [InlineData("openid email", true)]
    [InlineData("openid UserInfo.Read", true)]
    public async Task Given_scopes_when_the_users_profile_is_read_then_the_mail_address_needs_one(string scopes, bool isShown)
    {
        var client = await CreateClientAsync();
        var (user, browser) = await SignInAsync();
        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, scopes));
        var id = (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User);

        var profile = (await With(tokens.Text("access_token")).GetApiAsync($"user/info/{id}")).Data;

        Assert.Equal(isShown, profile.TryGetProperty("email", out _));
    }

    [Theory]
    [InlineData("openid email Files.Read UserInfo.Read", false)]
    [InlineData("openid Admin.Read", true)]
    public async Task Given_an_administrator_when_an_application_lacks_their_scope_then_it_has_no_such_rights(string scopes, bool isAdmin)
    {
        var settings = App.Services.GetRequiredService<SettingStore>();
        await settings.SetAsync(new Dictionary<string, string> { [AccountSetting.ExposeEmail.Key] = "0" });
        var client = await CreateClientAsync(OAuthScopes.All);
        var tokens = await ExchangeAsync(client, await ConsentAsync(await App.SignInAsync(), client, scopes));
        var other = await App.CreateUserAsync();
        var id = (await App.GetSiteAsync()).HashIds.Encode(other.Id, HashIdKind.User);

        var profile = (await With(tokens.Text("access_token")).GetApiAsync($"user/info/{id}")).Data;
        await settings.SetAsync(new Dictionary<string, string> { [AccountSetting.ExposeEmail.Key] = AccountSetting.ExposeEmail.DefaultText });

        Assert.Equal(isAdmin, profile.TryGetProperty("email", out _));
    }

    [Theory]
    [InlineData("verifier")]
    [InlineData("no verifier")]
    [InlineData("secret")]
    [InlineData("no secret")]
    [InlineData("client")]
    [InlineData("redirect")]
    [InlineData("code")]
    [InlineData("grant type")]
    public async Task Given_an_exchange_with_one_thing_wrong_when_it_comes_then_the_status_is_400_with_an_error(string wrong)
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var form = Form(client, await ConsentAsync(browser, client, AllScopes));
        switch (wrong)
        {
            case "verifier":
                form["code_verifier"] = new string('a', 43);
                break;
            case "no verifier":
                form.Remove("code_verifier");
                break;
            case "secret":
                form["client_secret"] = "another";
                break;
            case "no secret":
                form.Remove("client_secret");
                break;
            case "client":
                form["client_id"] = OAuthClients.DesktopId.ToString();
                break;
            case "redirect":
                form["redirect_uri"] = "https://evil.example/";
                break;
            case "code":
                form["code"] = new string('x', 128);
                break;
            default:
                form["grant_type"] = "password";
                break;
        }

        var answer = await PostAsync(form);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        var expected = wrong switch { "secret" or "no secret" => "invalid_client", "grant type" => "unsupported_grant_type", _ => "invalid_grant" };
        Assert.Equal(expected, answer.Text("error"));
        Assert.True(answer.Body.GetProperty("error_codes").GetArrayLength() > 0);
        Assert.NotEmpty(answer.Text("error_description"));
        Assert.NotEmpty(answer.Text("correlation_id"));
    }

    [Fact]
    public async Task Given_a_code_when_it_was_exchanged_then_it_no_longer_works()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var code = await ConsentAsync(browser, client, AllScopes);
        await ExchangeAsync(client, code);

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, code)).Text("error"));
    }

    [Fact]
    public async Task Given_a_code_when_its_time_is_up_then_it_no_longer_works()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var code = await ConsentAsync(browser, client, AllScopes);
        clocked.Clock.Advance(OAuthCodes.Lifetime);

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, code)).Text("error"));
    }

    [Fact]
    public async Task Given_a_form_without_parameters_or_none_when_it_comes_then_the_status_is_400()
    {
        Assert.Equal("unsupported_grant_type", (await PostAsync([])).Text("error"));
        using var twice = new StringContent("grant_type=a&grant_type=b", Encoding.UTF8, "application/x-www-form-urlencoded");
        Assert.Equal("invalid_request", (await SendAsync(twice)).Text("error"));
        Assert.Equal("invalid_request", (await SendAsync(new StringContent("{}", Encoding.UTF8, "application/json"))).Text("error"));
    }

    [Theory]
    [InlineData("response_type", "token", 40001)]
    [InlineData("redirect_uri", "https://app.example/back", 40001)]
    [InlineData("redirect_uri", "https://app.example/back?x=1#y", 40001)]
    [InlineData("redirect_uri", "https://APP.example/back?x=1", 40001)]
    [InlineData("scope", "Files.Read", 40001)]
    [InlineData("scope", "openid Admin.Write", 40001)]
    [InlineData("scope", "", 40001)]
    [InlineData("code_challenge", "", 40001)]
    [InlineData("code_challenge", null, 40001)]
    [InlineData("code_challenge_method", "plain", 40001)]
    [InlineData("code_challenge_method", null, 40001)]
    [InlineData("client_id", "x", 404)]
    [InlineData("client_id", "00000000-0000-0000-0000-000000000000", 404)]
    public async Task Given_a_consent_with_one_thing_wrong_when_it_comes_then_nothing_is_granted(string field, string? value, int code)
    {
        var client = await CreateClientAsync();
        var (user, browser) = await SignInAsync();
        var body = Consent(client, AllScopes);
        body[field] = value;

        Assert.Equal(code, (await browser.PostApiAsync("session/oauth/consent", body)).Code);

        Assert.Empty(await App.Services.GetRequiredService<OAuthGrants>().ListAsync(user.Id));
    }

    [Fact]
    public async Task Given_a_state_of_4096_characters_when_a_user_consents_then_it_comes_back()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var body = Consent(client, AllScopes);
        body["state"] = new string('s', 4096);

        var answer = await browser.PostApiAsync("session/oauth/consent", body);
        body["state"] += "s";

        Assert.Equal(4096, answer.Data.GetProperty("state").GetString()!.Length);
        Assert.Equal(128, answer.Data.GetProperty("code").GetString()!.Length);
        Assert.Equal(40001, (await browser.PostApiAsync("session/oauth/consent", body)).Code);
    }

    [Fact]
    public async Task Given_a_client_with_all_scopes_when_it_consents_for_itself_then_it_is_refused()
    {
        var client = await CreateClientAsync(OAuthScopes.All);
        var (_, browser) = await SignInAsync();
        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, string.Join(' ', OAuthScopes.All)));
        var app = With(tokens.Text("access_token"));

        Assert.Equal(40089, (await app.PostApiAsync("session/oauth/consent", Consent(client, AllScopes))).Code);
        Assert.Equal(40089, (await app.GetApiAsync($"session/oauth/app/{client.ClientId}")).Code);
    }

    [Fact]
    public async Task Given_a_grant_when_the_user_looks_at_the_application_then_its_scopes_show_and_widen()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        Assert.Equal([], await ConsentedAsync(browser, client));
        await ConsentAsync(browser, client, "openid");
        await ConsentAsync(browser, client, "openid email");

        Assert.Equal(["email", "openid"], await ConsentedAsync(browser, client));
        Assert.Equal([], await ConsentedAsync(App.CreateClient(), client));
    }

    [Fact]
    public async Task Given_a_grant_when_it_is_revoked_then_codes_and_refresh_tokens_work_no_more()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var tokens = await ExchangeAsync(client, await ConsentAsync(browser, client, AllScopes));
        var pending = await ConsentAsync(browser, client, AllScopes);

        Assert.Equal(0, (await browser.SendApiAsync(HttpMethod.Delete, $"session/oauth/grant/{client.ClientId}")).Code);

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, pending)).Text("error"));
        Assert.Equal(40020, (await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = tokens.Text("refresh_token") })).Code);
        Assert.Equal(404, (await browser.SendApiAsync(HttpMethod.Delete, $"session/oauth/grant/{client.ClientId}")).Code);
    }

    [Fact]
    public async Task Given_a_disabled_client_when_anything_is_asked_of_it_then_it_does_not_exist()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var code = await ConsentAsync(browser, client, AllScopes);
        await App.Services.GetRequiredService<OAuthClients>().SaveAsync(client with { IsEnabled = false });

        Assert.Equal(404, (await browser.GetApiAsync($"session/oauth/app/{client.ClientId}")).Code);
        Assert.Equal(404, (await browser.PostApiAsync("session/oauth/consent", Consent(client, AllScopes))).Code);
        Assert.Equal("invalid_client", (await ExchangeAsync(client, code)).Text("error"));
    }

    [Theory]
    [InlineData("/callback/desktop", true)]
    [InlineData("SITE/callback/desktop", true)]
    [InlineData("https://evil.example/callback/desktop", false)]
    [InlineData("/callback/ios", false)]
    public async Task Given_the_built_in_desktop_client_when_a_user_consents_then_it_returns_to_its_own_page(string redirect, bool allowed)
    {
        var desktop = (await App.Services.GetRequiredService<OAuthClients>().FindEnabledAsync(OAuthClients.DesktopId))!;
        var (_, browser) = await SignInAsync();
        var body = Consent(desktop, AllScopes);
        body["redirect_uri"] = redirect.Replace("SITE", App.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

        var answer = await browser.PostApiAsync("session/oauth/consent", body);

        Assert.Equal(allowed ? 0 : 40001, answer.Code);
        if (!allowed)
            return;
        var tokens = await ExchangeAsync(desktop, answer.Data.GetProperty("code").GetString()!);
        Assert.Equal(7_776_000, tokens.Body.GetProperty("refresh_token_expires_in").GetInt32(), 5.0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Given_a_client_with_a_secret_when_it_does_without_pkce_then_the_secret_is_enough(string? challenge)
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var codes = new List<string>();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var body = Consent(client, AllScopes);
            body["code_challenge"] = body["code_challenge_method"] = challenge;
            var answer = await browser.PostApiAsync("session/oauth/consent", body);
            Assert.Equal(0, answer.Code);
            codes.Add(answer.Data.GetProperty("code").GetString()!);
        }

        Assert.Equal("invalid_grant", (await ExchangeAsync(client, codes[0])).Text("error"));
        var form = Form(client, codes[1]);
        form.Remove("code_verifier");
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(form)).Status);
    }

    [Fact]
    public async Task Given_a_client_without_a_secret_when_it_does_without_pkce_then_the_consent_is_refused()
    {
        var desktop = (await App.Services.GetRequiredService<OAuthClients>().FindEnabledAsync(OAuthClients.DesktopId))!;
        var (_, browser) = await SignInAsync();
        var body = Consent(desktop, AllScopes);
        body["code_challenge"] = body["code_challenge_method"] = null;

        Assert.Equal(40001, (await browser.PostApiAsync("session/oauth/consent", body)).Code);
    }

    [Theory]
    [InlineData("393a1839-f52e-498e-9972-e77cc2241eee", "/callback/desktop")]
    [InlineData("220db97a-44a3-44f7-99b6-d767262b4daa", "/callback/ios")]
    public async Task Given_an_application_with_a_built_in_id_when_it_exchanges_a_code_then_it_gets_tokens(string clientId, string redirect)
    {
        var app = (await App.Services.GetRequiredService<OAuthClients>().FindEnabledAsync(Guid.Parse(clientId)))!;
        var (_, browser) = await SignInAsync();
        Assert.Equal([redirect], app.RedirectUris);
        var form = Form(app, await ConsentAsync(browser, app, "profile email openid offline_access UserInfo.Write Workflow.Write Files.Write Shares.Write"));
        form["client_secret"] = "whatever all its copies send";

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(form)).Status);
    }

    [Fact]
    public async Task Given_codes_and_secrets_when_their_rows_are_read_then_they_hold_hashes_only()
    {
        var client = await CreateClientAsync();
        var (_, browser) = await SignInAsync();
        var code = await ConsentAsync(browser, client, AllScopes);

        foreach (var table in new[] { App.Layout.Sessions, App.Layout.Site })
        {
            await foreach (var row in table.ScanAsync())
            {
                var text = string.Join('\n', row.Names.Select(name => row[name]?.ToString()).Append(row.PartitionKey).Append(row.RowKey));
                Assert.DoesNotContain(code, text, StringComparison.Ordinal);
                Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
            }
        }
    }

    private static Dictionary<string, string?> Consent(OAuthClient client, string scopes) => new()
    {
        ["client_id"] = client.ClientId.ToString(),
        ["response_type"] = "code",
        ["redirect_uri"] = client.RedirectUris[0],
        ["scope"] = scopes,
        ["state"] = "the state",
        ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
        ["code_challenge_method"] = "S256",
    };

    private static Dictionary<string, string> Form(OAuthClient client, string code) => new()
    {
        ["client_id"] = client.ClientId.ToString(),
        ["client_secret"] = Secret,
        ["grant_type"] = "authorization_code",
        ["code"] = code,
        ["code_verifier"] = Verifier,
    };

    private static async Task<string> ConsentAsync(HttpClient browser, OAuthClient client, string scopes)
    {
        var answer = await browser.PostApiAsync("session/oauth/consent", Consent(client, scopes));
        Assert.Equal(0, answer.Code);
        return answer.Data.GetProperty("code").GetString()!;
    }

    private static async Task<IEnumerable<string?>> ConsentedAsync(HttpClient browser, OAuthClient client)
    {
        var app = (await browser.GetApiAsync($"session/oauth/app/{client.ClientId}")).Data;
        return [.. app.GetProperty("consented_scopes").EnumerateArray().Select(scope => scope.GetString()).Order()];
    }

    private Task<Answer> ExchangeAsync(OAuthClient client, string code) => PostAsync(Form(client, code));

    private Task<Answer> PostAsync(Dictionary<string, string> form) => SendAsync(new FormUrlEncodedContent(form));

    private async Task<Answer> SendAsync(HttpContent content)
    {
        using var answer = await App.CreateClient().PostAsync(new Uri("/api/v4/session/oauth/token", UriKind.Relative), content);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new Answer(answer.StatusCode, body.RootElement.Clone());
    }

    private HttpClient With(string token)
    {
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private async Task<OAuthClient> CreateClientAsync(IReadOnlyList<string>? scopes = null)
    {
        var client = new OAuthClient
        {
            Id = 10,
            ClientId = Guid.NewGuid(),
            Name = "An application",
            SecretHash = OAuthClient.Hash(Secret),
            RedirectUris = [Redirect],
            Scopes = scopes ?? AllScopes.Split(' '),
            RefreshLifetime = TimeSpan.FromHours(2),
        };
        await App.Services.GetRequiredService<OAuthClients>().SaveAsync(client);
        return client;
    }

    private async Task<(User User, HttpClient Browser)> SignInAsync()
    {
        var user = await App.CreateUserAsync();
        return (user, await App.SignInAsync(user.Email));
    }

    private sealed record Answer(HttpStatusCode Status, JsonElement Body)
    {
        public string Text(string name) => Body.GetProperty(name).GetString()!;
    }
}
