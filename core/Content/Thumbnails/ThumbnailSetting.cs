using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>
/// The settings of thumbnails; keys and, where it names them, defaults are the contract's (sections 15 and 24). Width and height
/// are in <see cref="SiteSetting"/>. Sizes are in bytes.
/// </summary>
public static class ThumbnailSetting
{
    private const long Megabytes75 = 78_643_200;

    /// <summary>The encoding of thumbnails: png, jpg or webp.</summary>
    public static readonly Setting<string> EncodeMethod = Setting.Text("thumb_encode_method", "png");

    /// <summary>Quality of JPEG and WebP, 1 to 100.</summary>
    public static readonly Setting<long> EncodeQuality = Setting.Number("thumb_encode_quality", 95, min: 1);

    /// <summary>True if pictures are decoded within the process.</summary>
    public static readonly Setting<bool> BuiltinEnabled = Setting.Flag("thumb_builtin_enabled", defaultValue: true);

    /// <summary>The largest picture that is decoded in the process.</summary>
    public static readonly Setting<long> BuiltinMaxSize = Setting.Number("thumb_builtin_max_size", Megabytes75);

    /// <summary>Maximum number of pixels of such a picture; phones take up to 200 million.</summary>
    public static readonly Setting<long> BuiltinMaxPixels = Setting.Number("thumb_builtin_max_pixels", 250_000_000, min: 1);

    /// <summary>True if covers are read from music.</summary>
    public static readonly Setting<bool> MusicCoverEnabled = Setting.Flag("thumb_music_cover_enabled", defaultValue: true);

    /// <summary>Extensions of music.</summary>
    public static readonly Setting<string> MusicCoverExtensions = Setting.Text("thumb_music_cover_exts", "mp3,m4a,m4b,flac,ogg,oga,opus");

    /// <summary>The largest music file.</summary>
    public static readonly Setting<long> MusicCoverMaxSize = Setting.Number("thumb_music_cover_max_size", 1_073_741_824);

    /// <summary>True if the program vips makes thumbnails of further picture formats.</summary>
    public static readonly Setting<bool> VipsEnabled = Setting.Flag("thumb_vips_enabled", defaultValue: false);

    /// <summary>The program; empty unless the operator allows it.</summary>
    public static readonly Setting<string> VipsPath = Setting.Guarded("thumb_vips_path", SettingReach.Program, "vips");

    /// <summary>Extensions of what it reads.</summary>
    public static readonly Setting<string> VipsExtensions = Setting.Text("thumb_vips_exts", "exr,fit,fits,hdr,jp2,jxl,pbm,pfm,pgm,pnm,ppm,psd");

    /// <summary>The largest file for it.</summary>
    public static readonly Setting<long> VipsMaxSize = Setting.Number("thumb_vips_max_size", Megabytes75);

    /// <summary>True if FFmpeg takes frames of videos.</summary>
    public static readonly Setting<bool> FfmpegEnabled = Setting.Flag("thumb_ffmpeg_enabled", defaultValue: false);

    /// <summary>The program; empty unless the operator allows it.</summary>
    public static readonly Setting<string> FfmpegPath = Setting.Guarded("thumb_ffmpeg_path", SettingReach.Program, "ffmpeg");

    /// <summary>Extensions of videos.</summary>
    public static readonly Setting<string> FfmpegExtensions =
        Setting.Text("thumb_ffmpeg_exts", "3g2,3gp,asf,avi,flv,m2ts,m4v,mkv,mov,mp4,mpeg,mpg,mts,mxf,ogv,ts,vob,webm,wmv");

    /// <summary>The largest video.</summary>
    public static readonly Setting<long> FfmpegMaxSize = Setting.Number("thumb_ffmpeg_max_size", 10_737_418_240);

    /// <summary>The position of the frame in the video, in FFmpeg's time syntax.</summary>
    public static readonly Setting<string> FfmpegSeek = Setting.Text("thumb_ffmpeg_seek", "00:00:01.00");

    /// <summary>Further options before the input, separated by spaces.</summary>
    public static readonly Setting<string> FfmpegExtraArguments = Setting.Guarded("thumb_ffmpeg_extra_args", SettingReach.ProgramArguments);

    /// <summary>True if LibreOffice makes thumbnails of documents.</summary>
    public static readonly Setting<bool> LibreOfficeEnabled = Setting.Flag("thumb_libreoffice_enabled", defaultValue: false);

    /// <summary>The program; empty unless the operator allows it.</summary>
    public static readonly Setting<string> LibreOfficePath = Setting.Guarded("thumb_libreoffice_path", SettingReach.Program, "soffice");

    /// <summary>Extensions of documents.</summary>
    public static readonly Setting<string> LibreOfficeExtensions = Setting.Text(
        "thumb_libreoffice_exts", "csv,doc,docx,dot,dotx,odp,ods,odt,otp,ots,ott,pdf,pot,potx,pps,ppsx,ppt,pptx,rtf,txt,xls,xlsm,xlsx,xlt");

    /// <summary>The largest document.</summary>
    public static readonly Setting<long> LibreOfficeMaxSize = Setting.Number("thumb_libreoffice_max_size", Megabytes75);

    /// <summary>The switches of programs, each with the program.</summary>
    internal static IReadOnlyList<(Setting<bool> Enabled, Setting<string> Program)> Programs { get; } =
        [(VipsEnabled, VipsPath), (FfmpegEnabled, FfmpegPath), (LibreOfficeEnabled, LibreOfficePath)];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        EncodeMethod, EncodeQuality, BuiltinEnabled, BuiltinMaxSize, BuiltinMaxPixels, MusicCoverEnabled, MusicCoverExtensions, MusicCoverMaxSize,
        VipsEnabled, VipsPath, VipsExtensions, VipsMaxSize,
        FfmpegEnabled, FfmpegPath, FfmpegExtensions, FfmpegMaxSize, FfmpegSeek, FfmpegExtraArguments,
        LibreOfficeEnabled, LibreOfficePath, LibreOfficeExtensions, LibreOfficeMaxSize,
    ];
}
