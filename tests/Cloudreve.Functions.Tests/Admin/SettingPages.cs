namespace Cloudreve.Functions.Tests.Admin;

/// <summary>The settings that each page of the official front end's administration asks for and sends.</summary>
internal static class SettingPages
{
    public static readonly Dictionary<string, string[]> Keys = new()
    {
        ["site"] =
        [
            "siteName", "siteDes", "siteURL", "siteScript", "pwa_small_icon", "pwa_medium_icon", "pwa_large_icon", "site_logo", "site_logo_light", "tos_url",
            "privacy_policy_url", "show_app_promotion", "show_desktop_app_promotion",
        ],
        ["users"] =
        [
            "register_enabled", "email_active", "default_group", "authn_enabled", "expose_user_email", "avatar_path", "avatar_size", "avatar_size_l",
            "gravatar_server",
        ],
        ["captcha"] =
        [
            "login_captcha", "reg_captcha", "forget_captcha", "captcha_type", "captcha_mode", "captcha_ComplexOfNoiseText", "captcha_ComplexOfNoiseDot",
            "captcha_IsShowHollowLine", "captcha_IsShowNoiseDot", "captcha_IsShowNoiseText", "captcha_IsShowSlimeLine", "captcha_IsShowSineLine",
            "captcha_CaptchaLen", "captcha_ReCaptchaKey", "captcha_ReCaptchaSecret", "captcha_turnstile_site_key", "captcha_turnstile_site_secret",
            "captcha_cap_instance_url", "captcha_cap_site_key", "captcha_cap_secret_key", "captcha_cap_asset_server",
        ],
        ["media"] =
        [
            "thumb_width", "thumb_height", "thumb_entity_suffix", "thumb_encode_method", "thumb_gc_after_gen", "thumb_encode_quality", "thumb_builtin_enabled",
            "thumb_builtin_max_size", "thumb_vips_max_size", "thumb_vips_enabled", "thumb_vips_exts", "thumb_ffmpeg_enabled", "thumb_vips_path",
            "thumb_ffmpeg_path", "thumb_ffmpeg_max_size", "thumb_ffmpeg_exts", "thumb_ffmpeg_seek", "thumb_ffmpeg_extra_args", "thumb_libreoffice_path",
            "thumb_libreoffice_max_size", "thumb_libreoffice_enabled", "thumb_libreoffice_exts", "thumb_music_cover_enabled", "thumb_music_cover_exts",
            "thumb_music_cover_max_size", "thumb_libraw_path", "thumb_libraw_max_size", "thumb_libraw_enabled", "thumb_libraw_exts", "media_meta_exif",
            "media_meta_exif_size_local", "media_meta_exif_size_remote", "media_meta_exif_brute_force", "media_meta_music", "media_meta_music_size_local",
            "media_exif_music_size_remote", "media_meta_ffprobe", "media_meta_ffprobe_path", "media_meta_ffprobe_size_local",
            "media_meta_ffprobe_size_remote", "media_meta_geocoding", "media_meta_geocoding_mapbox_ak",
        ],
        ["mail"] =
        [
            "mail_keepalive", "fromAdress", "smtpHost", "smtpPort", "replyTo", "smtpUser", "smtpPass", "smtpEncryption", "fromName",
            "mail_activation_template", "mail_reset_template",
        ],
        ["queues"] =
        [
            .. from queue in (string[])["io_intense", "media_meta", "recycle", "thumb", "remote_download"]
               from name in (string[])["worker_num", "max_execution", "backoff_factor", "backoff_max_duration", "max_retry", "retry_delay"]
               select $"queue_{queue}_{name}",
        ],
        ["appearance"] = ["theme_options", "defaultTheme", "custom_nav_items", "headless_footer_html", "headless_bottom_html", "sidebar_bottom_html"],
        ["server"] = ["temp_path", "siteID", "cron_garbage_collect", "hash_id_salt", "access_token_ttl", "refresh_token_ttl"],
        ["files"] =
        [
            "maxEditSize", "cron_trash_bin_collect", "cron_entity_collect", "public_resource_maxage", "use_cursor_pagination", "max_page_size",
            "max_recursive_searched_folder", "max_batched_file", "map_provider", "map_google_tile_type", "map_mapbox_ak", "mime_mapping",
            "explorer_category_image_query", "explorer_category_video_query", "explorer_category_audio_query", "explorer_category_document_query",
            "archive_timeout", "upload_session_timeout", "slave_api_timeout", "folder_props_timeout", "chunk_retries", "use_temp_chunk_buffer",
            "max_parallel_transfer", "cron_oauth_cred_refresh", "viewer_session_timeout", "entity_url_default_ttl", "entity_url_cache_margin",
            "encrypt_master_key_vault", "encrypt_master_key_file", "show_encryption_status", "fs_event_push_enabled", "fs_event_push_max_age",
            "fs_event_push_debounce",
        ],
        ["full text"] =
        [
            "fts_enabled", "fts_meilisearch_endpoint", "fts_meilisearch_api_key", "fts_meilisearch_page_size", "fts_meilisearch_embed_enabled",
            "fts_meilisearch_embed_config", "fts_chunk_size", "fts_tika_endpoint", "fts_tika_exts", "fts_tika_max_file_size",
        ],
        ["icons"] = ["explorer_icons", "emojis"],
        ["viewers"] = ["file_viewers", "viewer_default_apps"],
        ["properties"] = ["custom_props"],
    };

    /// <summary>Settings that may be empty: texts that a site can do without, services that it does not use, and secrets of those.</summary>
    public static readonly HashSet<string> Optional =
    [
        "siteScript", "tos_url", "privacy_policy_url", "headless_footer_html", "headless_bottom_html", "sidebar_bottom_html", "thumb_ffmpeg_extra_args",
        "captcha_ReCaptchaKey", "captcha_ReCaptchaSecret", "captcha_turnstile_site_key", "captcha_turnstile_site_secret", "captcha_cap_instance_url",
        "captcha_cap_site_key", "captcha_cap_secret_key", "fromAdress", "smtpHost", "replyTo", "smtpUser", "smtpPass", "map_mapbox_ak",
        "media_meta_geocoding_mapbox_ak", "encrypt_master_key_file", "fts_meilisearch_endpoint", "fts_meilisearch_api_key", "fts_tika_endpoint",
    ];
}
