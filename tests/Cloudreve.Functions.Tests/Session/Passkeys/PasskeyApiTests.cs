using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Passkeys;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.Passkeys;

public sealed class PasskeyApiTests(ClockedApp clocked) : IClassFixture<ClockedApp>
{
    private const string Agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36";

    private AppFixture App => clocked.App;

    private string Origin => App.Address.GetLeftPart(UriPartial.Authority);

    [Theory]
    [InlineData(PasskeyAlgorithm.Es256, "none")]
    [InlineData(PasskeyAlgorithm.Es256, "packed")]
    [InlineData(PasskeyAlgorithm.Rs256, "none")]
    [InlineData(PasskeyAlgorithm.EdDsa, "packed")]
    public async Task Given_a_passkey_when_signing_in_with_it_then_user_and_tokens_come(PasskeyAlgorithm algorithm, string format)
    {
        using var device = new SoftwareAuthenticator { Origin = Origin, Algorithm = algorithm, Format = format };
        var person = await RegisterAsync(device);

        var answer = await SignInAsync(device, person.Handle);

        Assert.Equal(0, answer.Code);
        Assert.Equal(person.User.Email, answer.Data.GetProperty("user").GetProperty("email").GetString());
        Assert.NotEmpty(answer.Data.GetProperty("token").GetProperty("access_token").GetString()!);
    }

    [Fact]
    public async Task Given_a_registration_when_it_has_ended_then_the_passkey_has_its_base64_id()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var (client, options) = await PrepareAsync();

        var answer = await client.PostApiAsync("user/authn", new { response = device.Create(Challenge(options)), name = "{browser} on {os}", ua = Agent });

        Assert.Equal(Convert.ToBase64String(device.CredentialId), answer.Data.GetProperty("id").GetString());
        Assert.Equal("Chrome on Mac OS X", answer.Data.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_a_user_with_a_passkey_when_another_is_prepared_then_the_options_are_as_documented()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);

        var options = (await person.Client.SendApiAsync(HttpMethod.Put, "user/authn")).Data.GetProperty("publicKey");

        Assert.Equal("127.0.0.1", options.GetProperty("rp").GetProperty("id").GetString());
        Assert.Equal(person.User.Email, options.GetProperty("user").GetProperty("name").GetString());
        Assert.Equal([-8, -7, -257], options.GetProperty("pubKeyCredParams").EnumerateArray().Select(p => p.GetProperty("alg").GetInt32()));
        var excluded = options.GetProperty("excludeCredentials")[0].GetProperty("id").GetString();
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(device.CredentialId), excluded);
        Assert.True(options.GetProperty("authenticatorSelection").GetProperty("requireResidentKey").GetBoolean());
        Assert.Equal("preferred", options.GetProperty("authenticatorSelection").GetProperty("userVerification").GetString());
        Assert.Equal(300_000, options.GetProperty("timeout").GetInt32());
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("domain")]
    [InlineData("presence")]
    [InlineData("frame")]
    [InlineData("challenge")]
    [InlineData("backup")]
    public async Task Given_a_registration_with_one_thing_wrong_when_it_ends_then_the_credential_is_not_kept(string wrong)
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var (client, options) = await PrepareAsync();
        Falsify(device, wrong);

        var answer = await FinishAsync(client, device.Create(wrong == "challenge" ? "AAAA" : Challenge(options)));

        Assert.Equal(40025, answer.Code);
        Assert.Equal(404, (await DeleteAsync(client, device)).Code);
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("domain")]
    [InlineData("presence")]
    [InlineData("verification")]
    [InlineData("frame")]
    [InlineData("challenge")]
    [InlineData("handle")]
    [InlineData("other user")]
    public async Task Given_an_assertion_with_one_thing_wrong_when_it_comes_then_it_is_invalid(string wrong)
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);
        Falsify(device, wrong);
        var handle = wrong switch
        {
            "handle" => "x",
            "other user" => (await App.GetSiteAsync()).HashIds.Encode(1, HashIdKind.User),
            _ => person.Handle,
        };
        var (session, challenge) = await BeginSignInAsync();

        var answer = await FinishSignInAsync(session, device.Get(wrong == "challenge" ? "AAAA" : challenge, handle));

        Assert.Equal(40025, answer.Code);
    }

    [Fact]
    public async Task Given_an_authenticator_with_a_counter_when_it_goes_backwards_then_it_is_refused_as_a_copy()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin, Counter = 7 };
        var person = await RegisterAsync(device);
        device.Counter = 8;
        Assert.Equal(0, (await SignInAsync(device, person.Handle)).Code);

        Assert.Equal(40025, (await SignInAsync(device, person.Handle)).Code);
        device.Counter = 0;
        Assert.Equal(40025, (await SignInAsync(device, person.Handle)).Code);
        device.Counter = 9;
        Assert.Equal(0, (await SignInAsync(device, person.Handle)).Code);
    }

    [Fact]
    public async Task Given_a_challenge_that_was_answered_when_answered_again_then_it_is_unknown()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);
        var (session, challenge) = await BeginSignInAsync();

        Assert.Equal(40025, (await FinishSignInAsync(session, device.Get("AAAA", person.Handle))).Code);
        Assert.Equal(404, (await FinishSignInAsync(session, device.Get(challenge, person.Handle))).Code);
    }

    [Fact]
    public async Task Given_a_challenge_when_its_time_is_up_then_the_answer_is_unknown()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);
        var (session, challenge) = await BeginSignInAsync();
        clocked.Clock.Advance(PasskeyCeremonies.Lifetime);

        Assert.Equal(404, (await FinishSignInAsync(session, device.Get(challenge, person.Handle))).Code);
    }

    [Fact]
    public async Task Given_a_passkey_of_one_user_when_another_registers_the_same_credential_then_it_is_invalid()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        await RegisterAsync(device);
        var (client, options) = await PrepareAsync();

        Assert.Equal(40025, (await FinishAsync(client, device.Create(Challenge(options)))).Code);
    }

    [Fact]
    public async Task Given_a_second_factor_when_a_passkey_was_never_verified_then_it_cannot_take_its_place()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin, Flags = 0x01 };
        var person = await RegisterAsync(device);
        Assert.Equal(0, (await SignInAsync(device, person.Handle)).Code);
        var app = new AuthenticatorApp((await person.Client.GetApiAsync("user/setting/2fa")).Data.GetString()!);
        await App.Services.GetRequiredService<TwoFactorAuth>().EnableAsync(person.User, app.Code(clocked.Clock.GetUtcNow()), ClientAddress.Unknown);

        Assert.Equal(40025, (await SignInAsync(device, person.Handle)).Code);
        device.Flags = 0x05;
        Assert.Equal(0, (await SignInAsync(device, person.Handle)).Code);
    }

    [Fact]
    public async Task Given_a_banned_user_when_signing_in_with_a_passkey_then_the_reason_is_reported()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);
        await App.Services.GetRequiredService<UserStore>().UpdateAsync(person.User.Id, user => user with { Status = UserStatus.ManualBanned });

        Assert.Equal(40017, (await SignInAsync(device, person.Handle)).Code);
    }

    [Fact]
    public async Task Given_a_passkey_when_it_is_deleted_then_it_no_longer_works_and_can_be_registered_again()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);

        Assert.Equal(0, (await DeleteAsync(person.Client, device)).Code);

        Assert.Equal(40025, (await SignInAsync(device, person.Handle)).Code);
        Assert.Equal(404, (await DeleteAsync(person.Client, device)).Code);
        await RegisterAsync(device);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"id\":\"AAAA\",\"type\":\"public-key\",\"response\":{}}")]
    [InlineData("{\"id\":\"AAAA\",\"type\":\"other\",\"response\":{\"attestationObject\":\"AAAA\",\"clientDataJSON\":\"AAAA\"}}")]
    [InlineData("{\"id\":\"?\",\"type\":\"public-key\",\"response\":{\"attestationObject\":\"?\",\"clientDataJSON\":\"AAAA\"}}")]
    public async Task Given_a_malformed_credential_when_a_ceremony_ends_then_the_challenge_is_left(string response)
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var (client, options) = await PrepareAsync();
        var (session, _) = await BeginSignInAsync();

        Assert.Equal(40001, (await FinishAsync(client, response)).Code);
        Assert.Equal(40001, (await FinishSignInAsync(session, response)).Code);
        Assert.Equal(0, (await FinishAsync(client, device.Create(Challenge(options)))).Code);
    }

    [Fact]
    public async Task Given_a_site_without_passkeys_when_any_of_the_routes_is_called_then_it_is_disabled()
    {
        var client = await App.SignInAsync((await App.CreateUserAsync()).Email);
        await SetEnabledAsync("0");
        try
        {
            Assert.Equal(40019, (await client.SendApiAsync(HttpMethod.Put, "user/authn")).Code);
            Assert.Equal(40019, (await FinishAsync(client, "{}")).Code);
            Assert.Equal(40019, (await client.SendApiAsync(HttpMethod.Put, "session/authn")).Code);
            Assert.Equal(40019, (await FinishSignInAsync(Guid.NewGuid().ToString(), "{}")).Code);
        }
        finally
        {
            await SetEnabledAsync("1");
        }
    }

    [Fact]
    public async Task Given_a_user_with_a_passkey_when_a_login_is_prepared_then_it_is_offered()
    {
        using var device = new SoftwareAuthenticator { Origin = Origin };
        var person = await RegisterAsync(device);

        Assert.True((await App.CreateClient().GetApiAsync("session/prepare?email=" + person.User.Email)).Data.GetProperty("webauthn_enabled").GetBoolean());
    }

    private static string Challenge(JsonElement options) => options.GetProperty("challenge").GetString()!;

    private static void Falsify(SoftwareAuthenticator device, string wrong)
    {
        switch (wrong)
        {
            case "origin":
                device.Origin = "https://evil.example";
                device.RpId = "127.0.0.1";
                break;
            case "domain":
                device.RpId = "evil.example";
                break;
            case "presence":
                device.Flags = 0x04;
                break;
            case "verification":
                device.Flags = 0x01;
                break;
            case "frame":
                device.Extra = ",\"crossOrigin\":true";
                break;
            case "backup":
                device.Flags = 0x15;
                break;
            default:
                break;
        }
    }

    private static Task<ApiAnswer> FinishAsync(HttpClient client, string response) =>
        client.PostApiAsync("user/authn", new { response, name = "My phone", ua = Agent });

    private static Task<ApiAnswer> DeleteAsync(HttpClient client, SoftwareAuthenticator device) =>
        client.SendApiAsync(HttpMethod.Delete, "user/authn?id=" + Uri.EscapeDataString(Convert.ToBase64String(device.CredentialId)));

    private Task SetEnabledAsync(string value) =>
        App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { [AccountSetting.PasskeysEnabled.Key] = value });

    private async Task<(HttpClient Client, JsonElement Options)> PrepareAsync()
    {
        var client = await App.SignInAsync((await App.CreateUserAsync()).Email);
        return (client, (await client.SendApiAsync(HttpMethod.Put, "user/authn")).Data.GetProperty("publicKey"));
    }

    private async Task<(User User, HttpClient Client, string Handle)> RegisterAsync(SoftwareAuthenticator device)
    {
        var user = await App.CreateUserAsync();
        var client = await App.SignInAsync(user.Email);
        var options = (await client.SendApiAsync(HttpMethod.Put, "user/authn")).Data.GetProperty("publicKey");
        Assert.Equal(0, (await FinishAsync(client, device.Create(Challenge(options)))).Code);
        var handle = System.Buffers.Text.Base64Url.DecodeFromChars(options.GetProperty("user").GetProperty("id").GetString());
        return (user, client, System.Text.Encoding.UTF8.GetString(handle));
    }

    private async Task<(string Session, string Challenge)> BeginSignInAsync()
    {
        var data = (await App.CreateClient().SendApiAsync(HttpMethod.Put, "session/authn")).Data;
        return (data.GetProperty("session_id").GetString()!, Challenge(data.GetProperty("options").GetProperty("publicKey")));
    }

    private Task<ApiAnswer> FinishSignInAsync(string session, string response) =>
        App.CreateClient().PostApiAsync("session/authn", new { session_id = session, response });

    private async Task<ApiAnswer> SignInAsync(SoftwareAuthenticator device, string handle)
    {
        var (session, challenge) = await BeginSignInAsync();
        return await FinishSignInAsync(session, device.Get(challenge, handle));
    }
}
