namespace Cloudreve.Core.Site.Settings;

/// <summary>Settings of downloads from other sites (contract, section 18).</summary>
internal static class RemoteDownloadSetting
{
    /// <summary>Number of downloads that each account may have under way, if its group's number of links is not higher.</summary>
    public static readonly Setting<long> Workers = Setting.Number("queue_remote_download_worker_num", 5, min: 1);

    /// <summary>The total time that a download may take.</summary>
    public static readonly Setting<TimeSpan> Execution = Setting.Seconds("queue_remote_download_max_execution", 864_000);

    /// <summary>Maximum number of restarts of a download that failed, without any progress between.</summary>
    public static readonly Setting<long> Retries = Setting.Number("queue_remote_download_max_retry", 5);

    /// <summary>The factor by which it waits longer each time.</summary>
    public static readonly Setting<long> BackoffFactor = Setting.Number("queue_remote_download_backoff_factor", 2, min: 1);

    /// <summary>The longest wait.</summary>
    public static readonly Setting<TimeSpan> BackoffLimit = Setting.Seconds("queue_remote_download_backoff_max_duration", 600);

    /// <summary>The wait in seconds before each retry; 0 to wait longer each time.</summary>
    public static readonly Setting<long> RetryDelay = Setting.Number("queue_remote_download_retry_delay", 0);

    /// <summary>Number of files of a torrent that are stored at the same time.</summary>
    public static readonly Setting<long> ParallelTransfers = Setting.Number("max_parallel_transfer", 4, min: 1);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Workers, Execution, Retries, BackoffFactor, BackoffLimit, RetryDelay, ParallelTransfers];
}
