using System.Text.Json;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Site;

public sealed class SiteTests(SharedApp shared, AzuriteServer azurite) : IClassFixture<SharedApp>
{
    [Theory]
    [InlineData("basic")]
    [InlineData("no-such-section")]
    public async Task Given_a_guest_when_the_basic_or_an_unknown_section_is_read_then_it_describes_the_site(string section)
    {
        var data = (await shared.App.CreateClient().GetApiAsync("site/config/" + section)).Data;

        Assert.Equal("Cloudreve", data.GetProperty("title").GetString());
        Assert.True(Guid.TryParse(data.GetProperty("instance_id").GetString(), out _));
        Assert.True(data.GetProperty("user").GetProperty("anonymous").GetBoolean());
        Assert.Equal("gg==", data.GetProperty("user").GetProperty("group").GetProperty("permission").GetString());
    }

    [Fact]
    public async Task Given_a_new_site_when_the_login_section_is_read_then_only_passkeys_are_on()
    {
        var data = (await shared.App.CreateClient().GetApiAsync("site/config/login")).Data;

        string[] off = ["login_captcha", "reg_captcha", "forget_captcha", "abuse_report_captcha", "qq_enabled", "sso_enabled", "oidc_enabled"];
        foreach (var feature in off)
            Assert.False(data.GetProperty(feature).GetBoolean());
        Assert.True(data.GetProperty("authn").GetBoolean());
    }

    [Fact]
    public async Task Given_a_guest_when_the_manifest_is_read_then_it_names_the_site_and_its_icons()
    {
        using var answer = await shared.App.CreateClient().GetAsync("/manifest.json");

        using var manifest = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("application/manifest+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Cloudreve", manifest.RootElement.GetProperty("short_name").GetString());
        Assert.Equal(".", manifest.RootElement.GetProperty("start_url").GetString());
        Assert.Equal(
            ["64x64 32x32 24x24 16x16", "192x192", "512x512"],
            manifest.RootElement.GetProperty("icons").EnumerateArray().Select(icon => icon.GetProperty("sizes").GetString()));
    }

    [Fact]
    public async Task Given_stored_settings_when_the_sections_are_read_then_they_show_them_and_no_secret()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string>
        {
            ["captcha_type"] = "cap",
            ["captcha_turnstile_site_key"] = "turnstile-key",
            ["captcha_ReCaptchaKey"] = "recaptcha-key",
            ["captcha_cap_instance_url"] = "https://cap.example.com",
            ["captcha_cap_site_key"] = "cap-key",
            ["captcha_cap_secret_key"] = "hidden-secret",
            ["captcha_ReCaptchaSecret"] = "hidden-secret",
            ["site_notice"] = "Closed on Sunday",
            ["app_feedback"] = "https://feedback.example.com",
            ["app_forum"] = "https://forum.example.com",
            ["custom_props"] = """[{"id":"department","name":"Department","type":"text","max":20}]""",
        });
        var client = app.CreateClient();

        var basic = (await client.GetApiAsync("site/config/basic")).Data;
        var explorer = (await client.GetApiAsync("site/config/explorer")).Data;
        var apps = (await client.GetApiAsync("site/config/app")).Data;

        Assert.Equal("cap", basic.GetProperty("captcha_type").GetString());
        Assert.Equal("turnstile-key", basic.GetProperty("turnstile_site_id").GetString());
        Assert.Equal("recaptcha-key", basic.GetProperty("captcha_ReCaptchaKey").GetString());
        Assert.Equal("https://cap.example.com", basic.GetProperty("captcha_cap_instance_url").GetString());
        Assert.Equal("cap-key", basic.GetProperty("captcha_cap_site_key").GetString());
        Assert.Equal("Closed on Sunday", basic.GetProperty("site_notice").GetString());
        Assert.Equal("https://feedback.example.com", apps.GetProperty("app_feedback").GetString());
        Assert.Equal("https://forum.example.com", apps.GetProperty("app_forum").GetString());
        Assert.Equal("department", Assert.Single(explorer.GetProperty("custom_props").EnumerateArray()).GetProperty("id").GetString());
        Assert.DoesNotContain("hidden-secret", basic.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("basic")]
    [InlineData("login")]
    [InlineData("explorer")]
    [InlineData("emojis")]
    [InlineData("thumb")]
    [InlineData("app")]
    [InlineData("vas")]
    public async Task Given_warm_caches_when_a_section_is_read_then_no_storage_transaction_is_needed(string section)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = app.CreateClient();
        await client.GetApiAsync("site/config/" + section);

        Assert.Equal(0, await app.TransactionsOfAsync(() => client.GetApiAsync("site/config/" + section)));
    }

    [Theory]
    [InlineData("basic", "themes")]
    [InlineData("explorer", "icons")]
    [InlineData("emojis", "emoji_preset")]
    public async Task Given_a_value_that_is_a_json_text_when_it_is_read_then_it_parses(string section, string property)
    {
        var data = (await shared.App.CreateClient().GetApiAsync("site/config/" + section)).Data;

        using var parsed = JsonDocument.Parse(data.GetProperty(property).GetString()!);
        Assert.NotEqual(JsonValueKind.Null, parsed.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("explorer")]
    [InlineData("thumb")]
    [InlineData("app")]
    [InlineData("vas")]
    public async Task Given_any_section_when_it_is_read_then_it_is_not_empty(string section) =>
        Assert.NotEqual("{}", (await shared.App.CreateClient().GetApiAsync("site/config/" + section)).Data.GetRawText());
}
