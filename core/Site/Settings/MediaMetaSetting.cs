namespace Cloudreve.Core.Site.Settings;

/// <summary>Settings of the extraction of media metadata (contract, section 24). Sizes are in bytes, 0 for no limit.</summary>
internal static class MediaMetaSetting
{
    /// <summary>True if anything is extracted.</summary>
    public static readonly Setting<bool> Enabled = Setting.Flag("media_meta", defaultValue: true);

    /// <summary>True if pictures are read.</summary>
    public static readonly Setting<bool> ExifEnabled = Setting.Flag("media_meta_exif", defaultValue: true);

    /// <summary>The largest picture that is read.</summary>
    public static readonly Setting<long> ExifMaxSize = Setting.Number("media_meta_exif_size_remote", 104_857_600);

    /// <summary>True if music is read.</summary>
    public static readonly Setting<bool> MusicEnabled = Setting.Flag("media_meta_music", defaultValue: true);

    /// <summary>The largest music file that is read, under the key that the front end writes.</summary>
    public static readonly Setting<long> MusicMaxSize = Setting.Number("media_exif_music_size_remote", 1_073_741_824);

    /// <summary>True if the program ffprobe reads the streams of videos.</summary>
    public static readonly Setting<bool> FfprobeEnabled = Setting.Flag("media_meta_ffprobe", defaultValue: false);

    /// <summary>The program; empty unless the operator allows it.</summary>
    public static readonly Setting<string> FfprobePath = Setting.Guarded("media_meta_ffprobe_path", SettingReach.Program, "ffprobe");

    /// <summary>The largest video that is read.</summary>
    public static readonly Setting<long> FfprobeMaxSize = Setting.Number("media_meta_ffprobe_size_remote", 0);

    /// <summary>True if the places of pictures are looked up at Mapbox.</summary>
    public static readonly Setting<bool> GeocodingEnabled = Setting.Flag("media_meta_geocoding", defaultValue: false);

    /// <summary>Mapbox's access token for that; browsers have one of their own.</summary>
    public static readonly Setting<string> MapboxToken = Setting.Text("media_meta_geocoding_mapbox_ak", isSecret: true);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Enabled, ExifEnabled, ExifMaxSize, MusicEnabled, MusicMaxSize, FfprobeEnabled, FfprobePath, FfprobeMaxSize, GeocodingEnabled, MapboxToken,
        Setting.Number("media_meta_exif_size_local", 1_073_741_824),
        Setting.Flag("media_meta_exif_brute_force", defaultValue: true),
        Setting.Number("media_meta_music_size_local", 1_073_741_824),
        Setting.Number("media_meta_music_size_remote", 1_073_741_824),
        Setting.Number("media_meta_ffprobe_size_local", 0),
    ];
}
