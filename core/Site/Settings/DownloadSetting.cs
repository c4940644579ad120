namespace Cloudreve.Core.Site.Settings;

/// <summary>Settings of content that passes through the app: they do not apply to content that is sent straight from storage.</summary>
public static class DownloadSetting
{
    /// <summary>Minimum rate of a reader of content, in bytes per second, or the response ends; 0 for none.</summary>
    public static readonly Setting<long> LeastRate = Setting.Number("download_min_rate", 1024);

    /// <summary>Maximum number of responses with content that a process sends to a user at once; 0 for any number.</summary>
    public static readonly Setting<long> MostPerUser = Setting.Number("max_parallel_downloads_user", 16);

    /// <summary>Maximum number of responses with content that a process sends to a client address at once; 0 for any number.</summary>
    public static readonly Setting<long> MostPerAddress = Setting.Number("max_parallel_downloads_address", 32);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [LeastRate, MostPerUser, MostPerAddress];
}
