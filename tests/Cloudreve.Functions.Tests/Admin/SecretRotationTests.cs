using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Session;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Vaults;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>The dashboard's button that replaces the site's secret.</summary>
public sealed class SecretRotationTests(AzuriteServer azurite)
{
    private static readonly Dictionary<string, string> s_request = new() { ["secret_key"] = SecretRotation.Request, ["siteDes"] = "Words" };

    [Fact]
    public async Task Given_the_request_for_another_secret_when_sent_then_tokens_and_signed_addresses_end()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = await app.CreateUserAsync();
        var other = await app.SignInAsync(user.Email);
        var tokens = (await app.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password })).Data.GetProperty("token");
        var before = (await app.GetSiteAsync()).Get(SiteSetting.SecretKey);

        var answer = await RotateAsync(app);

        Assert.Equal((0, "Words"), (answer.Code, answer.Data.GetProperty("siteDes").GetString()));
        Assert.DoesNotContain("secret_key", answer.Data.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("two_factor_key", answer.Data.GetRawText(), StringComparison.Ordinal);
        var after = (await app.GetSiteAsync()).Get(SiteSetting.SecretKey);
        Assert.True(after != before && after.Length >= 64 && after != SecretRotation.Request);
        Assert.Equal(401, (await other.GetApiAsync("user/me")).Code);
        Assert.Equal(40020, (await app.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = tokens.GetProperty("refresh_token").GetString() })).Code);
        Assert.Equal(0, (await (await app.SignInAsync(user.Email)).GetApiAsync("user/me")).Code);
        Assert.Equal(user.Id, (await app.Services.GetRequiredService<UserStore>().FindByEmailAsync(user.Email))!.Id);
    }

    [Fact]
    public async Task Given_another_secret_when_somebody_signs_in_with_an_apps_code_then_it_still_fits()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = await app.CreateUserAsync();
        var device = new AuthenticatorApp((await (await app.SignInAsync(user.Email)).GetApiAsync("user/setting/2fa")).Data.GetString()!);
        var now = TimeProvider.System.GetUtcNow();
        await app.Services.GetRequiredService<TwoFactorAuth>().EnableAsync(user, device.Code(now.AddSeconds(-30)), ClientAddress.Unknown);

        Assert.Equal(0, (await RotateAsync(app)).Code);
        Assert.Equal(0, (await RotateAsync(app)).Code);

        var session = (await app.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password })).Data.GetString();
        Assert.Equal(0, (await app.CreateClient().PostApiAsync("session/token/2fa", new { otp = device.Code(now), session_id = session })).Code);
    }

    [Fact]
    public async Task Given_signing_keys_in_a_vault_when_another_secret_is_requested_then_it_is_refused()
    {
        await using var vault = new KeyVaultServer();
        await using var app = await AppFixture.StartAsync(azurite, services => services.AddTokenKeyVault(vault.Options));
        var before = (await app.GetSiteAsync()).Get(SiteSetting.SecretKey);

        Assert.Equal(40019, (await RotateAsync(app)).Code);

        var site = await app.GetSiteAsync();
        Assert.Equal(before, site.Get(SiteSetting.SecretKey));
        Assert.NotEqual("Words", site.Get(AppearanceSetting.Description));
    }

    private static async Task<ApiAnswer> RotateAsync(AppFixture app) =>
        await (await app.SignInAsync()).SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = s_request });
}
