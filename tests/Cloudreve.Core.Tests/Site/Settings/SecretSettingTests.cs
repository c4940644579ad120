using System.Text.RegularExpressions;
using Cloudreve.Core.Site.Settings;
using Xunit;

namespace Cloudreve.Core.Tests.Site.Settings;

public sealed partial class SecretSettingTests
{
    // Settings that look secret and are not, with the reason.
    private static readonly Dictionary<string, string> s_public = new()
    {
        ["captcha_ReCaptchaKey"] = "browsers use it",
        ["captcha_turnstile_site_key"] = "browsers use it",
        ["captcha_cap_site_key"] = "browsers use it",
        ["map_mapbox_ak"] = "browsers use it",
        ["encrypt_master_key_vault"] = "names the kind of vault",
        ["encrypt_master_key_file"] = "names a file",
    };

    [Fact]
    public void All_SettingThatLooksSecret_IsSecret() =>
        Assert.Empty(SiteSetting.All.OfType<Setting<string>>().Where(s => !s.IsSecret && LooksSecret().IsMatch(s.Key) && !s_public.ContainsKey(s.Key)).Select(s => s.Key));

    [Fact]
    public void All_SettingThatIsKnownAsPublic_StillLooksSecret() =>
        Assert.Equal(s_public.Keys.Order(), SiteSetting.All.Where(s => !s.IsSecret && s_public.ContainsKey(s.Key) && LooksSecret().IsMatch(s.Key)).Select(s => s.Key).Order());

    [Theory]
    [InlineData("smtpPass")]
    [InlineData("captcha_ReCaptchaSecret")]
    [InlineData("captcha_turnstile_site_secret")]
    [InlineData("captcha_cap_secret_key")]
    [InlineData("sso_client_secret")]
    [InlineData("qq_app_key")]
    [InlineData("oidc_client_secret")]
    [InlineData("secret_key")]
    [InlineData("hash_id_salt")]
    [InlineData("encrypt_master_key")]
    [InlineData("token_signing_keys")]
    public void IsSecret_Secret_IsTrue(string key) => Assert.True(SettingChange.Find(key)!.IsSecret);

    [GeneratedRegex("pass|pwd|secret|salt|token|credential|private|key|signature|_ak$|_sk$", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex LooksSecret();
}
