using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.OpenId;

public sealed class OpenIdApiTests(ClockedApp clocked) : IClassFixture<ClockedApp>, IAsyncLifetime
{
    private const int Logto = 0;
    private const int Qq = 1;
    private const int Oidc = 2;

    private TestIdentityProvider? _provider;

    private AppFixture App => clocked.App;

    private TestIdentityProvider Provider => _provider!;

    public async ValueTask InitializeAsync()
    {
        _provider = await TestIdentityProvider.StartAsync(clocked.Clock);
        await SetAsync(
            (OpenIdSetting.LogtoEnabled, "1"), (OpenIdSetting.LogtoEndpoint, Provider.Address), (OpenIdSetting.LogtoClientId, TestIdentityProvider.ClientId),
            (OpenIdSetting.LogtoSecret, TestIdentityProvider.Secret), (OpenIdSetting.QqEnabled, "1"), (OpenIdSetting.QqEndpoint, Provider.Address),
            (OpenIdSetting.QqClientId, TestIdentityProvider.ClientId), (OpenIdSetting.QqSecret, TestIdentityProvider.Secret),
            (OpenIdSetting.OidcEnabled, "1"), (OpenIdSetting.OidcIssuer, Provider.Address + "/"), (OpenIdSetting.OidcClientId, TestIdentityProvider.ClientId),
            (OpenIdSetting.OidcSecret, TestIdentityProvider.Secret), (OpenIdSetting.OidcTrustEmail, "0"), (AccountSetting.RegisterEnabled, "1"));
    }

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    [Theory]
    [InlineData(Logto)]
    [InlineData(Qq)]
    [InlineData(Oidc)]
    public async Task Given_an_identity_that_a_user_linked_when_signing_in_with_it_then_it_is_that_user(int provider)
    {
        if (provider == Logto)
            Provider.Claims["iss"] = Provider.Address + "/oidc";
        var (user, client) = await SignInAsync();
        var linked = await FinishAsync(provider, await VisitAsync(client, provider, linking: true));
        Assert.Equal(0, linked.Code);
        Assert.Equal(default, linked.Data);

        var answer = await FinishAsync(provider, await VisitAsync(App.CreateClient(), provider));

        Assert.Equal(0, answer.Code);
        Assert.Equal(user.Email, answer.Data.GetProperty("user").GetProperty("email").GetString());
        var preferences = (await client.GetApiAsync("user/setting")).Data;
        Assert.Equal(provider, Assert.Single(preferences.GetProperty("open_id").EnumerateArray()).GetProperty("provider").GetInt32());
        Assert.Contains(
            preferences.GetProperty("login_activity").EnumerateArray(),
            login => login.GetProperty("login_with").GetString() == "openid" && login.GetProperty("open_id_provider").GetInt32() == provider);
    }

    [Fact]
    public async Task Given_a_provider_when_a_sign_in_begins_then_the_address_has_state_nonce_and_challenge()
    {
        var query = HttpUtility.ParseQueryString(new Uri(await BeginAsync(App.CreateClient(), Oidc, hint: "a@example.com")).Query);

        Assert.Equal(TestIdentityProvider.ClientId, query["client_id"]);
        Assert.Equal("code", query["response_type"]);
        Assert.Equal(App.Address.GetLeftPart(UriPartial.Authority) + "/callback/openid/2", query["redirect_uri"]);
        Assert.Equal("openid profile email", query["scope"]);
        Assert.True(Guid.TryParseExact(query["state"], "D", out _));
        Assert.Equal(43, query["nonce"]!.Length);
        Assert.Equal(43, query["code_challenge"]!.Length);
        Assert.Equal("S256", query["code_challenge_method"]);
        Assert.Equal("a@example.com", query["login_hint"]);
    }

    [Theory]
    [InlineData("nonce", "another")]
    [InlineData("nonce", null)]
    [InlineData("aud", "another")]
    [InlineData("iss", "https://evil.example")]
    [InlineData("exp", 1_000_000_000L)]
    [InlineData("exp", null)]
    [InlineData("sub", null)]
    public async Task Given_an_id_token_with_one_claim_wrong_when_it_comes_then_nobody_is_signed_in(string claim, object? value)
    {
        await LinkAsync();
        Provider.Claims[claim] = value;

        Assert.Equal(40080, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Theory]
    [InlineData("deep")]
    [InlineData("large")]
    [InlineData("deep token")]
    [InlineData("large token")]
    [InlineData("list")]
    public async Task Given_an_answer_that_is_too_large_when_it_comes_then_nobody_is_signed_in(string burden)
    {
        await LinkAsync();
        const int Levels = 20_000;
        var nested = string.Concat(Enumerable.Repeat("{\"a\":", Levels)) + "1" + new string('}', Levels);
        Provider.TokenAnswer = burden switch
        {
            "deep" => nested,
            "large" => $"{{\"id_token\":\"{new string('a', 2 * 1024 * 1024)}\"}}",
            "deep token" => $"{{\"id_token\":\"{Encode("{\"alg\":\"RS256\"}")}.{Encode(nested)}.AAAA\"}}",
            "large token" => $"{{\"id_token\":\"{Encode("{\"alg\":\"RS256\"}")}.{new string('A', 900_000)}.AAAA\"}}",
            _ => "[]",
        };

        Assert.Equal(40080, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);

        static string Encode(string json) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
    }

    [Theory]
    [InlineData("another key")]
    [InlineData("no signature")]
    [InlineData("public key as secret")]
    public async Task Given_an_id_token_that_the_provider_did_not_sign_when_it_comes_then_nobody_is_signed_in(string wrong)
    {
        await LinkAsync();
        Provider.Sign = claims => wrong switch
        {
            "another key" => TestIdentityProvider.Issue(claims, new SigningCredentials(
                new RsaSecurityKey(System.Security.Cryptography.RSA.Create(2048)) { KeyId = Provider.KeyId }, SecurityAlgorithms.RsaSha256)),
            "no signature" => string.Join('.', [.. Provider.Issue(claims).Split('.')[..2], ""]),
            _ => TestIdentityProvider.Issue(claims, new SigningCredentials(
                new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Provider.PublicKey)) { KeyId = Provider.KeyId }, SecurityAlgorithms.HmacSha256)),
        };

        Assert.Equal(40080, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Fact]
    public async Task Given_a_provider_that_changed_its_key_when_a_token_names_it_then_keys_are_read_again()
    {
        var user = await LinkAsync();
        Provider.ChangeKey();

        var answer = await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc));

        Assert.Equal(user.Email, answer.Data.GetProperty("user").GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_a_state_when_it_is_used_again_for_another_provider_or_late_then_it_is_unknown()
    {
        await LinkAsync();
        var used = await VisitAsync(App.CreateClient(), Oidc);
        Assert.Equal(0, (await FinishAsync(Oidc, used)).Code);
        Assert.Equal(404, (await FinishAsync(Oidc, used)).Code);
        Assert.Equal(404, (await FinishAsync(Logto, await VisitAsync(App.CreateClient(), Oidc))).Code);
        var late = await VisitAsync(App.CreateClient(), Oidc);
        clocked.Clock.Advance(OpenIdSignIn.Lifetime);
        Assert.Equal(404, (await FinishAsync(Oidc, late)).Code);
        Assert.Equal(404, (await FinishAsync(Oidc, ("code", "x"))).Code);
    }

    [Fact]
    public async Task Given_a_code_of_another_sign_in_when_it_comes_then_the_verifier_does_not_fit()
    {
        await LinkAsync();
        var (stolen, _) = await VisitAsync(App.CreateClient(), Oidc);
        var (_, state) = await VisitAsync(App.CreateClient(), Oidc);

        Assert.Equal(40080, (await FinishAsync(Oidc, (stolen, state))).Code);
    }

    [Fact]
    public async Task Given_an_identity_with_a_new_verified_address_when_it_comes_then_an_account_is_made()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        (Provider.Claims["email"], Provider.Claims["email_verified"]) = (email, true);

        var first = await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc));
        var second = await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc));

        Assert.Equal(email, first.Data.GetProperty("user").GetProperty("email").GetString());
        Assert.Equal(first.Data.GetProperty("user").GetProperty("id").GetString(), second.Data.GetProperty("user").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("unverified")]
    [InlineData("no address")]
    [InlineData("taken")]
    [InlineData("sign-up off")]
    [InlineData("user info of another")]
    public async Task Given_an_identity_that_nobody_linked_when_signing_in_then_it_takes_no_account_over(string reason)
    {
        var email = reason == "taken" ? (await App.CreateUserAsync()).Email : $"{Guid.NewGuid():N}@example.com";
        if (reason is "unverified" or "taken" or "sign-up off")
            Provider.Claims["email"] = email;
        Provider.Claims["email_verified"] = reason is not "unverified";
        if (reason == "sign-up off")
            await SetAsync((AccountSetting.RegisterEnabled, "0"));
        if (reason == "user info of another")
            Provider.UserInfo = new JsonObject { ["sub"] = "another", ["email"] = email, ["email_verified"] = true };

        Assert.Equal(40068, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    [InlineData("A <a@example.com>")]
    public async Task Given_an_identity_with_a_malformed_mail_address_when_signing_in_then_no_account_is_made(string email)
    {
        (Provider.Claims["email"], Provider.Claims["email_verified"]) = (email, true);

        Assert.Equal(40068, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Fact]
    public async Task Given_a_provider_with_addresses_on_request_when_an_account_is_made_then_it_has_one()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        Provider.UserInfo = new JsonObject { ["email"] = email, ["email_verified"] = true };

        var answer = await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc));

        Assert.Equal(email, answer.Data.GetProperty("user").GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_an_identity_of_one_user_when_another_links_it_then_it_is_refused()
    {
        await LinkAsync();
        var (_, other) = await SignInAsync();

        Assert.Equal(40067, (await FinishAsync(Oidc, await VisitAsync(other, Oidc, linking: true))).Code);
        Provider.Subject = "another person";
        Assert.Equal(0, (await FinishAsync(Oidc, await VisitAsync(other, Oidc, linking: true))).Code);
        Provider.Subject = "a third person";
        Assert.Equal(40066, (await FinishAsync(Oidc, await VisitAsync(other, Oidc, linking: true))).Code);
        Assert.Equal(40068, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Fact]
    public async Task Given_a_link_when_it_is_removed_then_the_identity_signs_nobody_in_and_may_be_linked_again()
    {
        var (_, client) = await SignInAsync();
        await FinishAsync(Oidc, await VisitAsync(client, Oidc, linking: true));

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "session/openid/2")).Code);

        Assert.Equal(40068, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
        Assert.Equal(40068, (await client.SendApiAsync(HttpMethod.Delete, "session/openid/2")).Code);
        var (_, other) = await SignInAsync();
        Assert.Equal(0, (await FinishAsync(Oidc, await VisitAsync(other, Oidc, linking: true))).Code);
    }

    [Fact]
    public async Task Given_an_account_without_password_when_its_only_link_is_removed_then_it_is_refused()
    {
        (Provider.Claims["email"], Provider.Claims["email_verified"]) = ($"{Guid.NewGuid():N}@example.com", true);
        var answer = await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc));
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer.Data.GetProperty("token").GetProperty("access_token").GetString());

        Assert.Equal(40084, (await client.SendApiAsync(HttpMethod.Delete, "session/openid/2")).Code);
    }

    [Fact]
    public async Task Given_a_banned_user_when_signing_in_with_a_linked_identity_then_the_reason_is_reported()
    {
        var user = await LinkAsync();
        await App.Services.GetRequiredService<UserStore>().UpdateAsync(user.Id, current => current with { Status = UserStatus.ManualBanned });

        Assert.Equal(40017, (await FinishAsync(Oidc, await VisitAsync(App.CreateClient(), Oidc))).Code);
    }

    [Fact]
    public async Task Given_nobody_signed_in_when_a_link_is_begun_then_the_code_is_401() =>
        Assert.Equal(401, (await App.CreateClient().SendApiAsync(HttpMethod.Put, "session/openid", new { provider = Oidc, linking = true })).Code);

    [Fact]
    public async Task Given_providers_that_are_disabled_when_they_are_requested_then_the_feature_is_disabled()
    {
        await SetAsync((OpenIdSetting.LogtoEnabled, "0"), (OpenIdSetting.QqEnabled, "0"), (OpenIdSetting.OidcEnabled, "0"));
        foreach (var provider in (int[])[Logto, Qq, Oidc])
        {
            Assert.Equal(40019, (await App.CreateClient().SendApiAsync(HttpMethod.Put, "session/openid", new { provider })).Code);
            Assert.Equal(40019, (await FinishAsync(provider, ("code", Guid.NewGuid().ToString()))).Code);
        }
    }

    [Fact]
    public async Task Given_a_provider_that_does_not_answer_when_a_sign_in_begins_then_it_fails_with_a_reason()
    {
        await SetAsync((OpenIdSetting.OidcIssuer, "http://127.0.0.1:1"));

        Assert.Equal(40080, (await App.CreateClient().SendApiAsync(HttpMethod.Put, "session/openid", new { provider = Oidc })).Code);
    }

    [Fact]
    public async Task Given_a_qq_token_of_another_site_when_it_comes_then_nobody_is_signed_in()
    {
        Provider.Claims["client_id"] = "another site";

        Assert.Equal(40080, (await FinishAsync(Qq, await VisitAsync(App.CreateClient(), Qq))).Code);
    }

    [Theory]
    [InlineData(Logto, "/oidc")]
    [InlineData(Oidc, "")]
    public async Task Given_a_sign_in_through_a_provider_when_signing_out_then_the_user_is_sent_to_the_provider(int provider, string path)
    {
        Provider.Claims["iss"] = Provider.Address + path;
        var refreshToken = await RefreshAsync(await LinkAndSignInAsync(provider));

        var address = new Uri(await SignOutAsync(refreshToken));

        Assert.Equal(Provider.Address + path + "/sign-out", address.GetLeftPart(UriPartial.Path));
        var query = HttpUtility.ParseQueryString(address.Query);
        Assert.Equal(TestIdentityProvider.ClientId, query["client_id"]);
        Assert.Equal(App.Address.GetLeftPart(UriPartial.Authority) + "/session", query["post_logout_redirect_uri"]);
        Assert.Equal(40020, (await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = refreshToken })).Code);
    }

    [Fact]
    public async Task Given_a_provider_without_an_address_for_it_when_signing_out_then_there_is_none()
    {
        Provider.OffersSignOut = false;

        Assert.Empty(await SignOutAsync(await LinkAndSignInAsync(Oidc)));
    }

    [Theory]
    [InlineData("oidc_sign_out")]
    [InlineData("oidc_enabled")]
    public async Task Given_a_provider_that_is_disabled_when_signing_out_then_there_is_no_address(string setting)
    {
        var refreshToken = await LinkAndSignInAsync(Oidc);
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [setting] = "0" });

        Assert.Empty(await SignOutAsync(refreshToken));
        await App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [setting] = "1" });
    }

    [Fact]
    public async Task Given_a_sign_in_through_qq_when_signing_out_then_there_is_no_address() =>
        Assert.Empty(await SignOutAsync(await LinkAndSignInAsync(Qq)));

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"provider\":3}")]
    [InlineData("{\"provider\":-1}")]
    [InlineData("{\"provider\":\"2\"}")]
    public async Task Given_a_malformed_body_when_a_sign_in_begins_then_it_is_a_bad_parameter(string body) =>
        Assert.Equal(40001, (await App.CreateClient().SendTextAsync(HttpMethod.Put, "session/openid", body)).Code);

    [Theory]
    [InlineData("", "pwd,mfa", true)]
    [InlineData("mfa, otp", "pwd", true)]
    [InlineData("mfa, otp", "pwd,mfa", false)]
    [InlineData("mfa, otp", null, true)]
    public async Task Given_an_account_with_a_second_factor_when_its_identity_comes_then_a_code_is_needed(
        string trusted, string? methods, bool asks)
    {
        await SetAsync((OpenIdSetting.OidcTrustedFactors, trusted));
        var (user, client) = await SignInAsync();
        Assert.Equal(0, (await FinishAsync(Oidc, await VisitAsync(client, Oidc, linking: true))).Code);
        var app = new AuthenticatorApp((await client.GetApiAsync("user/setting/2fa")).Data.GetString()!);
        var enabled = await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { two_fa_enabled = true, two_fa_code = app.Code(clocked.Clock.GetUtcNow()) });
        Assert.Equal(0, enabled.Code);
        clocked.Clock.Advance(TimeSpan.FromMinutes(2));
        Provider.Claims["amr"] = methods?.Split(',');

        // The contract knows no second factor here (docs/decisions): the client that checks answers against it is left out.
        using var plain = new HttpClient { BaseAddress = App.Address };
        var visit = await VisitAsync(App.CreateClient(), Oidc);
        var answer = await plain.PostApiAsync("session/openid", new { code = visit.Code, session_id = visit.State, provider_id = Oidc });

        if (asks)
        {
            Assert.Equal(203, answer.Code);
            answer = await App.CreateClient().PostApiAsync("session/token/2fa", new { otp = app.Code(clocked.Clock.GetUtcNow()), session_id = answer.Data.GetString() });
        }
        Assert.Equal(0, answer.Code);
        Assert.Equal(user.Email, answer.Data.GetProperty("user").GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_a_linking_that_was_begun_when_the_user_changes_the_password_then_it_fails()
    {
        var (_, client) = await SignInAsync();
        var visit = await VisitAsync(client, Oidc, linking: true);
        var changed = await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse battery" });
        Assert.Equal(0, changed.Code);

        Assert.Equal(404, (await FinishAsync(Oidc, visit)).Code);
    }

    private Task SetAsync(params (Setting Setting, string Value)[] values) =>
        App.Services.GetRequiredService<SettingStore>().SetAsync(values.ToDictionary(pair => pair.Setting.Key, pair => pair.Value));

    private static async Task<string> BeginAsync(HttpClient client, int provider, bool linking = false, string? hint = null)
    {
        var answer = await client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider, linking, hint });
        Assert.True(answer.Code == 0, answer.Msg);
        return answer.Data.GetString()!;
    }

    private async Task<(string Code, string State)> VisitAsync(HttpClient client, int provider, bool linking = false) =>
        Provider.Visit(await BeginAsync(client, provider, linking));

    private Task<ApiAnswer> FinishAsync(int provider, (string Code, string State) visit) =>
        App.CreateClient().PostApiAsync("session/openid", new { code = visit.Code, session_id = visit.State, provider_id = provider });

    private async Task<(User User, HttpClient Client)> SignInAsync()
    {
        var user = await App.CreateUserAsync();
        return (user, await App.SignInAsync(user.Email));
    }

    private async Task<string> LinkAndSignInAsync(int provider)
    {
        var (_, client) = await SignInAsync();
        Assert.Equal(0, (await FinishAsync(provider, await VisitAsync(client, provider, linking: true))).Code);
        return RefreshTokenOf((await FinishAsync(provider, await VisitAsync(App.CreateClient(), provider))).Data.GetProperty("token"));
    }

    private async Task<string> RefreshAsync(string refreshToken) =>
        RefreshTokenOf((await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = refreshToken })).Data);

    private async Task<string> SignOutAsync(string refreshToken)
    {
        var answer = await App.CreateClient().SendApiAsync(HttpMethod.Delete, "session/token", new { refresh_token = refreshToken });
        Assert.Equal(0, answer.Code);
        return answer.Data.GetString()!;
    }

    private static string RefreshTokenOf(JsonElement token) => token.GetProperty("refresh_token").GetString()!;

    private async Task<User> LinkAsync()
    {
        var (user, client) = await SignInAsync();
        Assert.Equal(0, (await FinishAsync(Oidc, await VisitAsync(client, Oidc, linking: true))).Code);
        return user;
    }
}
