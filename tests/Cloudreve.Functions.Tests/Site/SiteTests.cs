using System.Text.Json;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Site;

public sealed class SiteTests(SharedApp shared) : IClassFixture<SharedApp>
{
    [Theory]
    [InlineData("basic")]
    [InlineData("no-such-section")]
    public async Task Given_a_guest_when_the_basic_or_an_unknown_section_is_read_then_it_describes_site_and_guest(string section)
    {
        var data = (await shared.App.CreateClient().GetApiAsync("site/config/" + section)).Data;

        Assert.Equal("Cloudreve", data.GetProperty("title").GetString());
        Assert.True(Guid.TryParse(data.GetProperty("instance_id").GetString(), out _));
        Assert.True(data.GetProperty("user").GetProperty("anonymous").GetBoolean());
        Assert.Equal("gg==", data.GetProperty("user").GetProperty("group").GetProperty("permission").GetString());
    }

    [Fact]
    public async Task Given_features_that_do_not_exist_when_the_login_section_is_read_then_they_are_off()
    {
        var data = (await shared.App.CreateClient().GetApiAsync("site/config/login")).Data;

        foreach (var feature in (string[])["login_captcha", "reg_captcha", "forget_captcha", "authn", "register_enabled"])
            Assert.False(data.GetProperty(feature).GetBoolean());
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
