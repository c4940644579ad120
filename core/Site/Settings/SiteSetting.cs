using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Properties;

namespace Cloudreve.Core.Site.Settings;

/// <summary>The settings that the product reads. Keys, and defaults where the contract names one, are those of section 24.</summary>
public static class SiteSetting
{
    /// <summary>Addresses of the site, comma-separated; the first is the primary one.</summary>
    public static readonly Setting<string> SiteUrl = Setting.Text("siteURL", "http://localhost:7071");

    /// <summary>The site's name.</summary>
    public static readonly Setting<string> SiteName = Setting.Text("siteName", "Cloudreve");

    /// <summary>The site's id, a UUID that is generated once.</summary>
    public static readonly Setting<string> SiteId = Setting.Text("siteID");

    /// <summary>The secret behind tokens and signed addresses.</summary>
    public static readonly Setting<string> SecretKey = Setting.Text("secret_key", isSecret: true);

    /// <summary>The secret that secrets of authenticator apps are sealed with; empty for <see cref="SecretKey"/>, until that is replaced.</summary>
    public static readonly Setting<string> TwoFactorKey = Setting.Text("two_factor_key", isSecret: true);

    /// <summary>The secret behind the ids that clients see; generated once.</summary>
    public static readonly Setting<string> HashIdSalt = Setting.Text("hash_id_salt", isSecret: true);

    /// <summary>Lifetime of an access token.</summary>
    public static readonly Setting<TimeSpan> AccessTokenLifetime = Setting.Seconds("access_token_ttl", 3600);

    /// <summary>Lifetime of a refresh token.</summary>
    public static readonly Setting<TimeSpan> RefreshTokenLifetime = Setting.Seconds("refresh_token_ttl", 1_209_600);

    /// <summary>The logo on light backgrounds.</summary>
    public static readonly Setting<string> Logo = Setting.Text("site_logo", "/static/img/logo.svg");

    /// <summary>The logo on dark backgrounds.</summary>
    public static readonly Setting<string> LogoLight = Setting.Text("site_logo_light", "/static/img/logo_light.svg");

    /// <summary>Address of the terms of service.</summary>
    public static readonly Setting<string> TermsUrl = Setting.Text("tos_url");

    /// <summary>Address of the privacy policy.</summary>
    public static readonly Setting<string> PrivacyUrl = Setting.Text("privacy_policy_url");

    /// <summary>The theme's main colour, a key of <see cref="ThemeOptions"/>.</summary>
    public static readonly Setting<string> DefaultTheme = Setting.Text("defaultTheme", "#1976d2");

    /// <summary>Themes as JSON: main colour to light and dark palettes.</summary>
    public static readonly Setting<string> ThemeOptions = Setting.Text("theme_options", ClientDefaults.Themes);

    /// <summary>True if clients advertise the mobile app.</summary>
    public static readonly Setting<bool> ShowAppPromotion = Setting.Flag("show_app_promotion", defaultValue: false);

    /// <summary>True if clients advertise the desktop app.</summary>
    public static readonly Setting<bool> ShowDesktopAppPromotion = Setting.Flag("show_desktop_app_promotion", defaultValue: false);

    /// <summary>HTML below pages without navigation.</summary>
    public static readonly Setting<string> HeadlessFooterHtml = Setting.Text("headless_footer_html");

    /// <summary>HTML at the bottom of pages without navigation.</summary>
    public static readonly Setting<string> HeadlessBottomHtml = Setting.Text("headless_bottom_html");

    /// <summary>HTML below the sidebar.</summary>
    public static readonly Setting<string> SidebarBottomHtml = Setting.Text("sidebar_bottom_html");

    /// <summary>Additional entries of the navigation, as a JSON list of {icon, name, url}.</summary>
    public static readonly Setting<string> CustomNavItems = Setting.Text("custom_nav_items", "[]");

    /// <summary>Maximum number of files in one batch.</summary>
    public static readonly Setting<long> MaxBatchedFiles = Setting.Number("max_batched_file", 3000, min: 1);

    /// <summary>The largest page of a listing.</summary>
    public static readonly Setting<long> MaxPageSize = Setting.Number("max_page_size", 2000, min: 1);

    /// <summary>True if listings continue from a token; otherwise they have numbered pages.</summary>
    public static readonly Setting<bool> UseCursorPagination = Setting.Flag("use_cursor_pagination", defaultValue: true);

    /// <summary>Maximum number of folders that one search opens.</summary>
    public static readonly Setting<long> MaxSearchedFolders = Setting.Number("max_recursive_searched_folder", 65_535, min: 1);

    /// <summary>True if searches respond with a stream of events.</summary>
    public static readonly Setting<bool> UseSseForSearch = Setting.Flag("use_sse_for_search", defaultValue: false);

    /// <summary>The search for the category of images.</summary>
    public static readonly Setting<string> ImageQuery = Setting.Text("explorer_category_image_query", SearchDefaults.Images);

    /// <summary>The search for the category of videos.</summary>
    public static readonly Setting<string> VideoQuery = Setting.Text("explorer_category_video_query", SearchDefaults.Videos);

    /// <summary>The search for the category of audio.</summary>
    public static readonly Setting<string> AudioQuery = Setting.Text("explorer_category_audio_query", SearchDefaults.Audio);

    /// <summary>The search for the category of documents.</summary>
    public static readonly Setting<string> DocumentQuery = Setting.Text("explorer_category_document_query", SearchDefaults.Documents);

    /// <summary>Icons of file types, as JSON.</summary>
    public static readonly Setting<string> ExplorerIcons = Setting.Text("explorer_icons", ClientDefaults.Icons);

    /// <summary>Emojis for folders, as JSON.</summary>
    public static readonly Setting<string> Emojis = Setting.Text("emojis", ClientDefaults.Emojis);

    /// <summary>Definitions of custom properties of files, as a JSON array.</summary>
    public static readonly Setting<string> CustomProperties = Setting.Json("custom_props", "[]", MetadataRules.AreDefinitions);

    /// <summary>The provider of maps.</summary>
    public static readonly Setting<string> MapProvider = Setting.Text("map_provider", "openstreetmap");

    /// <summary>The tiles of Google maps.</summary>
    public static readonly Setting<string> MapGoogleTileType = Setting.Text("map_google_tile_type", "terrain");

    /// <summary>Access token of Mapbox, which browsers use.</summary>
    public static readonly Setting<string> MapMapboxToken = Setting.Text("map_mapbox_ak");

    /// <summary>Width of thumbnails in pixels.</summary>
    public static readonly Setting<long> ThumbnailWidth = Setting.Number("thumb_width", 400, min: 1);

    /// <summary>Height of thumbnails in pixels.</summary>
    public static readonly Setting<long> ThumbnailHeight = Setting.Number("thumb_height", 300, min: 1);

    /// <summary>True if clients show that a blob is encrypted.</summary>
    public static readonly Setting<bool> ShowEncryptionStatus = Setting.Flag("show_encryption_status", defaultValue: true);

    /// <summary>The time that the summary of a folder is kept.</summary>
    public static readonly Setting<TimeSpan> FolderSummaryAge = Setting.Seconds("folder_props_timeout", 300);

    /// <summary>Lifetime of an address of a file's content.</summary>
    public static readonly Setting<TimeSpan> EntityUrlLifetime = Setting.Seconds("entity_url_default_ttl", 3600);

    /// <summary>The time that an upload may take; then it is given up.</summary>
    public static readonly Setting<TimeSpan> UploadSessionLifetime = Setting.Seconds("upload_session_timeout", 86_400);

    /// <summary>The largest content, in bytes, that is written in one request or opened in a viewer.</summary>
    public static readonly Setting<long> MaxEditSize = Setting.Number("maxEditSize", 52_428_800);

    /// <summary>The location of the master key of encrypted blobs: setting, env or file.</summary>
    public static readonly Setting<string> EncryptMasterKeyVault = Setting.Text("encrypt_master_key_vault", "setting");

    /// <summary>The file with the master key, where the vault is a file and the operator allows it.</summary>
    public static readonly Setting<string> EncryptMasterKeyFile = Setting.Guarded("encrypt_master_key_file", SettingReach.KeyFile);

    /// <summary>The master key in base64, where the vault is this setting; generated when it is first needed.</summary>
    public static readonly Setting<string> EncryptMasterKey = Setting.Text("encrypt_master_key", isSecret: true);

    /// <summary>The time before its expiry from which an address of a file's content is not handed out again.</summary>
    public static readonly Setting<TimeSpan> EntityUrlCacheMargin = Setting.Seconds("entity_url_cache_margin", 600);

    /// <summary>Counts how often download addresses were discarded early (<see cref="EntityUrlCache"/>).</summary>
    public static readonly Setting<long> EntityUrlGeneration = Setting.Number("entity_url_generation", 0);

    /// <summary>Lifetime of the address of an archive.</summary>
    public static readonly Setting<TimeSpan> ArchiveLifetime = Setting.Seconds("archive_timeout", 600);

    /// <summary>Number of workflow pieces heavy on storage that one process works on at the same time (contract, section 18).</summary>
    public static readonly Setting<long> HeavyWorkers = Setting.Number("queue_io_intense_worker_num", 30, min: 1);

    /// <summary>The total time that a workflow may take.</summary>
    public static readonly Setting<TimeSpan> HeavyExecution = Setting.Seconds("queue_io_intense_max_execution", 2_592_000);

    /// <summary>Maximum number of restarts of a workflow that failed, without any progress between.</summary>
    public static readonly Setting<long> HeavyRetries = Setting.Number("queue_io_intense_max_retry", 5);

    /// <summary>The factor by which it waits longer each time.</summary>
    public static readonly Setting<long> HeavyBackoffFactor = Setting.Number("queue_io_intense_backoff_factor", 2, min: 1);

    /// <summary>The longest wait.</summary>
    public static readonly Setting<TimeSpan> HeavyBackoffLimit = Setting.Seconds("queue_io_intense_backoff_max_duration", 600);

    /// <summary>The wait in seconds before each retry; 0 to wait longer each time.</summary>
    public static readonly Setting<long> HeavyRetryDelay = Setting.Number("queue_io_intense_retry_delay", 0);

    /// <summary>True if the daily scrub removes unreachable data; otherwise it only reports. Not known to other implementations.</summary>
    public static readonly Setting<bool> ScrubRepairs = Setting.Flag("scrub_repairs", defaultValue: false);

    /// <summary>
    /// Number of groups of folders that one import works on at the same time. The rest of the workers is left to other imports, so that a small
    /// one does not wait for the end of a large one.
    /// </summary>
    public static readonly Setting<long> ImportParallelGroups = Setting.Number("import_parallel_groups", 4, min: 1);

    /// <summary>
    /// Maximum number of rows of an administrators' list that is sorted or searched by a column without an index; each costs up to three
    /// transactions.
    /// </summary>
    public static readonly Setting<long> MaxSortedRows = Setting.Number("admin_list_max_rows", 10_000, min: 1);

    /// <summary>The MIME types of files by their extensions without dot; they override the usual ones.</summary>
    public static readonly Setting<IReadOnlyDictionary<string, string>> MimeTypes =
        new("mime_mapping", MimeMapping.Default, isSecret: false, MimeMapping.Parse);

    /// <summary>All settings, for the administration.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        SiteUrl, SiteName, SiteId, SecretKey, TwoFactorKey, HashIdSalt, AccessTokenLifetime, RefreshTokenLifetime, Logo, LogoLight, TermsUrl, PrivacyUrl,
        DefaultTheme, ThemeOptions, CustomProperties, ShowAppPromotion, ShowDesktopAppPromotion, HeadlessFooterHtml, HeadlessBottomHtml,
        SidebarBottomHtml, CustomNavItems, MaxBatchedFiles, MaxPageSize, UseCursorPagination, MaxSearchedFolders, UseSseForSearch,
        ImageQuery, VideoQuery, AudioQuery, DocumentQuery, ExplorerIcons, Emojis, MapProvider, MapGoogleTileType, MapMapboxToken,
        ThumbnailWidth, ThumbnailHeight, ShowEncryptionStatus, FolderSummaryAge, EntityUrlLifetime, EntityUrlCacheMargin, EntityUrlGeneration,
        ArchiveLifetime, UploadSessionLifetime, MaxEditSize, EncryptMasterKeyVault, EncryptMasterKeyFile, EncryptMasterKey,
        HeavyWorkers, HeavyExecution, HeavyRetries, HeavyBackoffFactor, HeavyBackoffLimit, HeavyRetryDelay, ScrubRepairs, ImportParallelGroups, MaxSortedRows, MimeTypes,
        .. AppearanceSetting.All, .. AccountSetting.All, .. CaptchaSetting.All, .. MailSetting.All, .. ThumbnailSetting.All, .. ViewerSetting.All,
        .. MaintenanceSetting.All, .. RemoteDownloadSetting.All, .. MediaMetaSetting.All, .. FullTextSetting.All, .. EventStreamSetting.All, .. DownloadSetting.All,
        .. TokenSetting.All, .. OpenIdSetting.All,
    ];
}
