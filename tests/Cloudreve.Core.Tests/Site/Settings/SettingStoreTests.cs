using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Site.Settings;

public sealed class SettingStoreTests(AzuriteServer azurite)
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_nothing_stored_when_settings_are_read_then_defaults_hold()
    {
        var store = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), _clock);

        var site = await store.GetAsync();

        Assert.Equal("Cloudreve", site.Get(SiteSetting.SiteName));
        Assert.Equal(TimeSpan.FromHours(1), site.Get(SiteSetting.AccessTokenLifetime));
    }

    [Fact]
    public async Task Given_a_change_by_another_process_when_the_age_limit_passes_then_it_shows_for_one_call()
    {
        var installation = await Installation.CreateAsync(azurite);
        var layout = installation.Connect();
        var reader = new SettingStore(layout, _clock);
        await reader.GetAsync();
        await new SettingStore(installation.Connect(), _clock).SetAsync(new Dictionary<string, string> { ["siteName"] = "Drive" });
        using var measured = layout.Account.Transactions.Measure();

        var before = (await reader.GetAsync()).Get(SiteSetting.SiteName);
        _clock.Advance(SettingStore.MaxAge);
        var after = (await reader.GetAsync()).Get(SiteSetting.SiteName);

        Assert.Equal(("Cloudreve", "Drive"), (before, after));
        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_a_change_by_this_process_when_settings_are_read_then_it_shows_at_once()
    {
        var store = new SettingStore((await Installation.CreateAsync(azurite)).Connect(), _clock);
        await store.GetAsync();

        await store.SetAsync(new Dictionary<string, string> { ["siteURL"] = "https://a.example, https://b.example" });

        Assert.Equal(["https://a.example/", "https://b.example/"], (await store.GetAsync()).Urls.Select(url => url.ToString()));
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("on", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Given_the_spellings_of_a_flag_when_they_are_read_then_they_mean_the_same(string text, bool value) =>
        Assert.Equal(value, SiteSetting.ShowAppPromotion.Read(text));

    [Theory]
    [InlineData("abc")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("99999999999999999999")]
    public void Given_a_lifetime_of_the_wrong_form_when_it_is_read_then_the_default_holds(string text) =>
        Assert.Equal(TimeSpan.FromHours(1), SiteSetting.AccessTokenLifetime.Read(text));

    [Fact]
    public void Given_all_settings_when_they_are_listed_then_keys_are_unique_and_defaults_readable()
    {
        Assert.Equal(SiteSetting.All.Count, SiteSetting.All.Select(setting => setting.Key).Distinct(StringComparer.Ordinal).Count());
        Assert.Superset(KeysOfTheContract, SiteSetting.All.Select(setting => setting.Key).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public void Given_a_kind_of_captcha_that_does_not_exist_when_it_is_read_then_it_counts_as_the_picture() =>
        Assert.Equal(("normal", "turnstile"), (CaptchaSetting.Type.Read("tcaptcha"), CaptchaSetting.Type.Read("turnstile")));

    // Section 24 of the contract, without patterns.
    private static readonly HashSet<string> KeysOfTheContract =
    [
        "siteURL", "siteName", "siteDes", "siteID", "siteScript", "site_logo", "site_logo_light", "pwa_small_icon", "pwa_medium_icon", "pwa_large_icon",
        "tos_url", "privacy_policy_url", "register_enabled", "default_group", "email_active", "authn_enabled", "login_captcha", "reg_captcha",
        "forget_captcha", "captcha_type", "fromName", "fromAdress", "smtpHost", "smtpPort", "smtpUser", "smtpPass", "smtpEncryption", "replyTo",
        "mail_keepalive", "mail_activation_template", "mail_reset_template", "expose_user_email", "hash_id_salt", "access_token_ttl",
        "refresh_token_ttl", "maxEditSize", "max_batched_file", "max_page_size", "use_cursor_pagination", "max_recursive_searched_folder",
        "max_parallel_transfer", "upload_session_timeout", "archive_timeout", "slave_api_timeout", "folder_props_timeout", "chunk_retries",
        "use_temp_chunk_buffer", "viewer_session_timeout", "entity_url_default_ttl", "entity_url_cache_margin", "public_resource_maxage", "temp_path",
        "avatar_path", "avatar_size", "avatar_size_l", "gravatar_server", "mime_mapping", "file_viewers", "viewer_default_apps", "explorer_icons",
        "explorer_category_image_query", "explorer_category_video_query", "explorer_category_audio_query", "explorer_category_document_query",
        "emojis", "custom_props", "custom_nav_items", "headless_footer_html", "headless_bottom_html", "sidebar_bottom_html", "defaultTheme",
        "theme_options", "show_app_promotion", "show_desktop_app_promotion", "show_encryption_status", "encrypt_master_key_vault",
        "encrypt_master_key_file", "captcha_mode", "captcha_CaptchaLen", "captcha_height", "captcha_width", "fts_enabled", "fs_event_push_enabled",
        "fts_chunk_size", "fts_tika_max_file_size", "pwa_display", "thumb_encode_method", "thumb_encode_quality", "thumb_builtin_max_size",
        "thumb_ffmpeg_max_size", "thumb_music_cover_max_size", "thumb_entity_suffix", "thumb_slave_sidecar_suffix", "media_meta_exif_size_local",
        "media_meta_exif_size_remote", "cron_garbage_collect", "cron_oauth_cred_refresh", "queue_io_intense_worker_num", "queue_recycle_max_retry",
    ];
}
