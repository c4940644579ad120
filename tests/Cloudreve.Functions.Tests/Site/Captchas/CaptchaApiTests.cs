using System.Text.Json;
using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Accounts.Captchas.Providers;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Site.Captchas;

public sealed class CaptchaApiTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_guest_when_a_captcha_is_requested_then_it_costs_no_storage_transaction()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = app.CreateClient();
        await client.GetApiAsync("site/captcha");
        var data = default(JsonElement);

        Assert.Equal(0, await app.TransactionsOfAsync(async () => data = (await client.GetApiAsync("site/captcha")).Data));
        var image = data.GetProperty("image").GetString()!;
        Assert.StartsWith("data:image/png;base64,iVBOR", image, StringComparison.Ordinal);
        Assert.NotEmpty(data.GetProperty("ticket").GetString()!);
    }

    [Fact]
    public async Task Given_a_site_that_demands_captchas_when_signing_in_without_one_then_the_code_is_40026()
    {
        await using var app = await StartAsync(("login_captcha", "1"));
        var client = app.CreateClient();
        var ticket = (await client.GetApiAsync("site/captcha")).Data.GetProperty("ticket").GetString();

        Assert.True((await client.GetApiAsync("site/config/login")).Data.GetProperty("login_captcha").GetBoolean());
        Assert.Equal(40026, await SignInAsync(app, null, null));
        Assert.Equal(40026, await SignInAsync(app, "??????", ticket));
        Assert.Equal(0, await SignInAsync(app, "abc", app.Services.GetRequiredService<PictureCaptcha>().CreateTicket(await app.GetSiteAsync(), "ABC")));
    }

    [Theory]
    [InlineData("recaptcha", "captcha_ReCaptchaSecret", "/recaptcha")]
    [InlineData("turnstile", "captcha_turnstile_site_secret", "/turnstile")]
    [InlineData("cap", "captcha_cap_secret_key", "/base/site%20key/siteverify")]
    public async Task Given_a_providers_captcha_when_signing_in_then_the_provider_decides(string type, string secretKey, string path)
    {
        await using var provider = await CaptchaProviderDouble.StartAsync();
        await using var app = await StartAsync(
            provider, ("login_captcha", "1"), ("captcha_type", type), (secretKey, "s3cret"),
            ("captcha_cap_instance_url", provider.Address + "base/"), ("captcha_cap_site_key", "site key"));
        var (captcha, ticket) = type == "recaptcha" ? ("the-token", null) : ((string?)null, "the-token");

        Assert.Equal(0, await SignInAsync(app, captcha, ticket));
        provider.Answer = """{"success":false,"error-codes":["invalid-input-response"]}""";
        Assert.Equal(40026, await SignInAsync(app, captcha, ticket));

        Assert.Equal((path, "s3cret", "the-token"), provider.Questions.First());
        Assert.Equal(2, provider.Questions.Count);
    }

    [Theory]
    [InlineData(500, """{"success":true}""")]
    [InlineData(302, """{"success":true}""")]
    [InlineData(200, "<html>")]
    [InlineData(200, """{"success":"yes"}""")]
    [InlineData(200, "null")]
    public async Task Given_a_provider_that_fails_when_signing_in_then_nobody_gets_through(int status, string answer)
    {
        await using var provider = await CaptchaProviderDouble.StartAsync();
        (provider.Status, provider.Answer) = (status, answer);
        await using var app = await StartAsync(provider, ("login_captcha", "1"), ("captcha_type", "turnstile"), ("captcha_turnstile_site_secret", "s3cret"));

        Assert.Equal(40026, await SignInAsync(app, null, "the-token"));
        Assert.Single(provider.Questions);
    }

    [Theory]
    [InlineData("recaptcha", null, "token")]
    [InlineData("turnstile", "token", null)]
    [InlineData("cap", "token", null)]
    [InlineData("cap", null, "token")]
    public async Task Given_no_token_or_no_server_when_signing_in_then_no_provider_is_asked(string type, string? captcha, string? ticket)
    {
        await using var provider = await CaptchaProviderDouble.StartAsync();
        await using var app = await StartAsync(provider, ("login_captcha", "1"), ("captcha_type", type), ("captcha_cap_instance_url", "file:///etc"));

        Assert.Equal(40026, await SignInAsync(app, captcha, ticket));
        Assert.Empty(provider.Questions);
    }

    private static async Task<int> SignInAsync(AppFixture app, string? captcha, string? ticket) =>
        (await app.CreateClient().PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password, captcha, ticket })).Code;

    private Task<AppFixture> StartAsync(params (string Key, string Value)[] settings) => StartAsync(null, settings);

    private async Task<AppFixture> StartAsync(CaptchaProviderDouble? provider, params (string Key, string Value)[] settings)
    {
        var app = await AppFixture.StartAsync(azurite, services =>
        {
            if (provider is not null)
            {
                services.AddSingleton(new CaptchaProviders
                {
                    Recaptcha = new Uri(provider.Address, "recaptcha"),
                    Turnstile = new Uri(provider.Address, "turnstile"),
                });
            }
        });
        await app.Services.GetRequiredService<SettingStore>().SetAsync(settings.ToDictionary(s => s.Key, s => s.Value));
        return app;
    }
}
