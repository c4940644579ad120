using System.Text.RegularExpressions;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Site.Settings;

/// <summary>Tests that settings of the site start no program and open no file that the operator does not allow.</summary>
public sealed partial class OperatorRulesTests(AzuriteServer azurite)
{
    // Settings that look as if they reached the machine and do not, with the reason.
    private static readonly Dictionary<string, string> s_harmless = new()
    {
        ["avatar_path"] = "avatars are blobs",
        ["folder_props_timeout"] = "a time",
        ["max_batched_file"] = "a number",
        ["max_recursive_searched_folder"] = "a number",
        ["temp_path"] = "decides nothing",
    };

    [Fact]
    public void All_SettingThatLooksLikeAPathOrArguments_IsGuarded() =>
        Assert.Empty(SiteSetting.All.Where(s => s.Reach == SettingReach.None && LooksReaching().IsMatch(s.Key) && !s_harmless.ContainsKey(s.Key)).Select(s => s.Key));

    [Fact]
    public void All_SettingThatIsKnownAsHarmless_StillLooksReaching() =>
        Assert.Equal(s_harmless.Keys.Order(), SiteSetting.All.Where(s => s_harmless.ContainsKey(s.Key) && LooksReaching().IsMatch(s.Key)).Select(s => s.Key).Order());

    [Theory]
    [InlineData("thumb_vips_path", "/bin/sh")]
    [InlineData("thumb_ffmpeg_path", "ffmpeg")]
    [InlineData("thumb_libreoffice_path", "../soffice")]
    [InlineData("thumb_ffmpeg_extra_args", "-i /etc/passwd")]
    [InlineData("encrypt_master_key_file", "/proc/self/environ")]
    public void Given_no_rule_when_a_stored_value_is_read_then_it_counts_as_empty(string key, string value)
    {
        var site = new SiteSettings(new Dictionary<string, string> { [key] = value });

        Assert.Equal("", site.Get((Setting<string>)SettingChange.Find(key)!));
    }

    [Fact]
    public void Given_rules_when_values_are_read_then_only_the_very_same_ones_hold()
    {
        var rules = new OperatorRules { Programs = new HashSet<string> { "/usr/bin/ffmpeg" }, ProgramArguments = new HashSet<string> { "-hwaccel", "auto" } };
        var allowed = new SiteSettings(Values("/usr/bin/ffmpeg", " -hwaccel  auto"), rules);
        var refused = new SiteSettings(Values("/usr/bin/../bin/ffmpeg", "-hwaccel auto -y"), rules);

        Assert.Equal(("/usr/bin/ffmpeg", " -hwaccel  auto"), (allowed.Get(ThumbnailSetting.FfmpegPath), allowed.Get(ThumbnailSetting.FfmpegExtraArguments)));
        Assert.Equal(("", ""), (refused.Get(ThumbnailSetting.FfmpegPath), refused.Get(ThumbnailSetting.FfmpegExtraArguments)));

        static Dictionary<string, string> Values(string path, string arguments) => new() { ["thumb_ffmpeg_path"] = path, ["thumb_ffmpeg_extra_args"] = arguments };
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("ffmpeg", true)]
    public void Given_an_enabled_program_when_extensions_are_requested_then_it_adds_its_own_if_allowed(string program, bool expected)
    {
        var site = new SiteSettings(
            new Dictionary<string, string> { ["thumb_ffmpeg_enabled"] = "1" }, new OperatorRules { Programs = new HashSet<string> { program } });

        Assert.Equal(expected, ThumbnailService.Extensions(site).Contains("mkv"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_file_with_a_master_key_when_it_is_needed_then_the_file_is_read_if_allowed(bool isAllowed)
    {
        var file = Path.GetTempFileName();
        var key = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        await File.WriteAllTextAsync(file, Convert.ToBase64String(key));
        var rules = new OperatorRules { KeyFiles = isAllowed ? new HashSet<string> { file } : new HashSet<string>() };
        var settings = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), TimeProvider.System, rules);
        await settings.SetAsync(new Dictionary<string, string> { ["encrypt_master_key_vault"] = "file", ["encrypt_master_key_file"] = file });
        try
        {
            if (isAllowed)
                Assert.Equal(key, await new MasterKeys(settings).GetAsync());
            else
                Assert.Equal(ErrorCode.EncryptionError, (await Assert.ThrowsAsync<CloudreveException>(() => new MasterKeys(settings).GetAsync())).Code);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex("path|file$|folder|dir$|args|command|executable|program|binary", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex LooksReaching();
}
