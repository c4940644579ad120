using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Settings as administrators see them (contract, section 24).</summary>
public sealed class AdminSettingApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_settings_when_an_administrator_asks_for_them_then_secrets_stay_away()
    {
        var admin = await App.SignInAsync();

        var settings = (await admin.PostApiAsync("admin/settings", new
        {
            keys = new[] { "siteName", "access_token_ttl", "login_captcha", "no_such_setting", "secret_key", "encrypt_master_key", "oidc_client_secret", "smtpPass", "captcha_ReCaptchaSecret" },
        })).Data;

        // Those that another test of the site has set are masked, the others left out.
        var shown = settings.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!);
        Assert.Equal(
            new Dictionary<string, string> { ["siteName"] = "Cloudreve", ["access_token_ttl"] = "3600", ["login_captcha"] = "0", ["no_such_setting"] = "" },
            shown.Where(setting => setting.Value != "********").ToDictionary());
        Assert.False(shown.ContainsKey("secret_key") || shown.ContainsKey("encrypt_master_key"));
    }

    [Fact]
    public async Task Given_settings_when_an_administrator_changes_them_then_they_hold_at_once()
    {
        var admin = await App.SignInAsync();

        var answer = await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new
        {
            settings = new Dictionary<string, string> { ["siteDes"] = "New words", ["tos_url"] = "https://example.com/terms", ["oidc_client_secret"] = "hidden", ["smtpPass"] = "hidden", ["captcha_cap_secret_key"] = "hidden" },
        });

        Assert.Equal("New words", answer.Data.GetProperty("siteDes").GetString());
        Assert.DoesNotContain("hidden", answer.Data.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("********", answer.Data.GetProperty("smtpPass").GetString());
        Assert.Equal("https://example.com/terms", (await App.CreateClient().GetApiAsync("site/config/login")).Data.GetProperty("tos_url").GetString());
        Assert.Equal("hidden", (await App.GetSiteAsync()).Get(OpenIdSetting.OidcSecret));
    }

    [Theory]
    [InlineData("no_such_setting", "x")]
    [InlineData("secret_key", "x")]
    [InlineData("encrypt_master_key", "x")]
    [InlineData("token_signing_keys", "[]")]
    [InlineData("siteID", "x")]
    [InlineData("access_token_ttl", "soon")]
    [InlineData("max_page_size", "0")]
    [InlineData("siteURL", "")]
    [InlineData("siteURL", "https://a.example,ftp://b.example")]
    [InlineData("siteURL", "javascript:alert(1)")]
    [InlineData("custom_props", "{}")]
    [InlineData("theme_options", "nonsense")]
    [InlineData("theme_options", """{"#1976d2":null}""")]
    [InlineData("file_viewers", "[null]")]
    [InlineData("file_viewers", """[{"viewers":[null]}]""")]
    [InlineData("file_viewers", """[{"viewers":[{"id":"a","type":"custom","display_name":"A","exts":[null]}]}]""")]
    [InlineData("file_viewers", """[{"viewers":[{"id":"a","type":"custom"}]}]""")]
    [InlineData("file_viewers", """[{}]""")]
    [InlineData("viewer_default_apps", """{"md":null}""")]
    [InlineData("viewer_default_apps", """{"md":1}""")]
    [InlineData("custom_props", "[null]")]
    [InlineData("custom_props", """[{"id":null,"name":"A","type":"text"}]""")]
    [InlineData("custom_props", """[{"id":"a","type":"text"}]""")]
    [InlineData("custom_props", """[{"id":"a","type":"select","options":["x",null]}]""")]
    [InlineData("custom_nav_items", "[null]")]
    [InlineData("explorer_icons", """[{"exts":null}]""")]
    [InlineData("emojis", """{"😀":[null]}""")]
    [InlineData("mime_mapping", """{".txt":null}""")]
    [InlineData("mail_activation_template", "[null]")]
    [InlineData("mail_activation_template", """[{"language":"en","title":"a","body":null}]""")]
    [InlineData("mail_reset_template", "[]")]
    [InlineData("oidc_issuer", null)]
    [InlineData("oidc_scope", null)]
    [InlineData("hash_id_salt", "another")]
    public async Task Given_an_invalid_value_when_it_is_set_beside_others_then_none_is_changed(string key, string? value)
    {
        var admin = await App.SignInAsync();

        var answer = await admin.SendApiAsync(
            HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string?> { ["replyTo"] = "a@example.com", [key] = value } });

        Assert.Equal(40001, answer.Code);
        Assert.Contains(key, answer.Msg, StringComparison.Ordinal);
        Assert.Equal("", (await App.GetSiteAsync()).Get(MailSetting.ReplyTo));
    }

    [Theory]
    [InlineData("""{"settings":{"siteDes":null}}""")]
    [InlineData("""{"settings":{"siteDes":1}}""")]
    [InlineData("""{"settings":null}""")]
    [InlineData("""{"settings":[]}""")]
    [InlineData("{}")]
    public async Task Given_a_malformed_body_when_settings_are_changed_then_it_is_a_bad_parameter(string body) =>
        Assert.Equal(40001, (await (await App.SignInAsync()).SendTextAsync(HttpMethod.Patch, "admin/settings", body)).Code);

    [Fact]
    public async Task Given_a_key_that_is_null_when_settings_are_requested_then_the_others_are_shown()
    {
        var answer = await (await App.SignInAsync()).SendTextAsync(HttpMethod.Post, "admin/settings", """{"keys":[null,"siteName"]}""");

        Assert.Equal("siteName", Assert.Single(answer.Data.EnumerateObject()).Name);
    }

    [Fact]
    public async Task Given_too_long_or_too_many_values_when_they_are_set_then_they_are_refused()
    {
        var admin = await App.SignInAsync();
        var many = Enumerable.Range(0, SettingChange.MaxSettings + 1).ToDictionary(i => "key" + i, _ => "x");
        var tooLong = new Dictionary<string, string> { ["siteDes"] = new('x', SettingChange.MaxText + 1) };
        var tooMuch = SiteSetting.All.OfType<Setting<string>>().Where(setting => !setting.IsSecret && setting.DefaultText.Length == 0).Take(16)
            .ToDictionary(setting => setting.Key, _ => new string('x', SettingChange.MaxText));

        foreach (var settings in (Dictionary<string, string>[])[[], many, tooLong, tooMuch])
            Assert.Equal(40001, (await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings })).Code);
    }

    [Fact]
    public void Given_every_setting_when_its_default_is_checked_then_it_is_accepted()
    {
        var changeable = SiteSetting.All.Where(setting => !setting.IsSecret && setting != SiteSetting.SiteId && setting != SiteSetting.HashIdSalt);

        foreach (var settings in changeable.Chunk(SettingChange.MaxSettings))
            SettingChange.Check(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.DefaultText), new SiteSettings(new Dictionary<string, string>()));

        Assert.Equal(SiteSetting.All.Count, SiteSetting.All.Select(setting => setting.Key).Distinct().Count());
    }
}
