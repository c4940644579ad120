using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>The pages of the official front end's administration: each asks for its settings, and sends back what was changed.</summary>
public sealed class SettingPageTests(SharedApp shared, AzuriteServer azurite) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    public static TheoryData<string> Pages => [.. SettingPages.Keys.Keys];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Given_a_page_of_settings_when_it_is_opened_then_each_has_a_value_of_its_kind(string page)
    {
        var values = await AskAsync(page);

        foreach (var key in SettingPages.Keys[page])
        {
            var setting = SettingChange.Find(key);
            Assert.True(setting is not null, $"{key} is unknown.");
            var text = values.GetValueOrDefault(key, "");
            Assert.True(text.Length > 0 || SettingPages.Optional.Contains(key), $"{key} is empty.");
            Assert.True(setting.IsSecret || setting.IsValid(text), $"{key} is malformed.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Given_a_page_of_settings_when_it_is_saved_unchanged_then_nothing_changes(string page)
    {
        var values = await AskAsync(page);
        var before = await App.GetSiteAsync();

        var answer = await (await App.SignInAsync()).SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = values });

        Assert.Equal(0, answer.Code);
        var after = await App.GetSiteAsync();
        Assert.All(SiteSetting.All, setting => Assert.Equal(before.TextOf(setting), after.TextOf(setting)));
        Assert.Equal(values, await AskAsync(page));
    }

    [Fact]
    public async Task Given_a_set_secret_when_its_page_is_saved_then_it_stays_and_a_new_one_replaces_it()
    {
        var admin = await App.SignInAsync();
        await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["captcha_turnstile_site_secret"] = "first" } });
        var shown = (await AskAsync("captcha"))["captcha_turnstile_site_secret"];

        await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["captcha_turnstile_site_secret"] = shown } });
        Assert.Equal("first", (await App.GetSiteAsync()).Get(CaptchaSetting.TurnstileSecret));

        await admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["captcha_turnstile_site_secret"] = "second" } });
        Assert.Equal("second", (await App.GetSiteAsync()).Get(CaptchaSetting.TurnstileSecret));
        Assert.DoesNotContain("first", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_null_inside_stored_json_when_it_is_read_then_it_is_as_if_it_were_not_there()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string>
        {
            ["file_viewers"] = """[null,{"viewers":[null,{"id":"a","type":"custom","display_name":"A","exts":[null,"x"],"icon":null}]}]""",
            ["viewer_default_apps"] = """{"md":null,"x":"a"}""",
            ["custom_props"] = """[null,{"id":"q","name":null,"type":"text"},{"id":"p","name":"P","type":"select","options":[null,"x"],"icon":null}]""",
            ["custom_nav_items"] = """[null,{"icon":"i","name":"n","url":"/u"}]""",
            ["explorer_icons"] = """[null,{"exts":["x"],"icon":"i","color":null}]""",
            ["mime_mapping"] = """{".a":null,".x":"text/x"}""",
        });
        var client = app.CreateClient();

        var explorer = (await client.GetApiAsync("site/config/explorer")).Data;
        var basic = (await client.GetApiAsync("site/config/basic")).Data;
        var site = await app.GetSiteAsync();

        var viewer = Assert.Single(Assert.Single(explorer.GetProperty("file_viewers").EnumerateArray()).GetProperty("viewers").EnumerateArray());
        Assert.Equal("x", Assert.Single(viewer.GetProperty("exts").EnumerateArray()).GetString());
        Assert.Equal("x", Assert.Single(explorer.GetProperty("default_viewer_mapping").EnumerateObject()).Name);
        Assert.Equal("p", Assert.Single(explorer.GetProperty("custom_props").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("n", Assert.Single(basic.GetProperty("custom_nav_items").EnumerateArray()).GetProperty("name").GetString());
        Assert.DoesNotContain("null", explorer.GetProperty("icons").GetString(), StringComparison.Ordinal);
        Assert.Equal("text/x", Assert.Single(site.Get(SiteSetting.MimeTypes)).Value);
        MetadataRules.Of(site).Check([new MetadataPatch("props:p", "x")]);
    }

    private async Task<Dictionary<string, string>> AskAsync(string page)
    {
        var answer = await (await App.SignInAsync()).PostApiAsync("admin/settings", new { keys = SettingPages.Keys[page] });
        return answer.Data.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!);
    }
}
