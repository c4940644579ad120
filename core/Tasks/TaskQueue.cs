using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Tasks;

/// <summary>The limits of a kind of workflows (contract, section 18): downloads have their own, all others share theirs.</summary>
/// <param name="Execution">The total time that a task may take.</param>
/// <param name="Retries">Maximum number of restarts without any progress between.</param>
/// <param name="BackoffFactor">The factor by which a task waits longer each time.</param>
/// <param name="BackoffLimit">The longest wait.</param>
/// <param name="RetryDelay">The wait in seconds before each restart; 0 to wait longer each time.</param>
internal sealed record TaskQueue(TimeSpan Execution, long Retries, long BackoffFactor, TimeSpan BackoffLimit, long RetryDelay)
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(10);

    /// <summary>The limits of a type of tasks.</summary>
    public static TaskQueue Of(SiteSettings site, string type) => type == RemoteDownload.TaskType
        ? new(
            site.Get(RemoteDownloadSetting.Execution), site.Get(RemoteDownloadSetting.Retries), site.Get(RemoteDownloadSetting.BackoffFactor),
            site.Get(RemoteDownloadSetting.BackoffLimit), site.Get(RemoteDownloadSetting.RetryDelay))
        : new(
            site.Get(SiteSetting.HeavyExecution), site.Get(SiteSetting.HeavyRetries), site.Get(SiteSetting.HeavyBackoffFactor),
            site.Get(SiteSetting.HeavyBackoffLimit), site.Get(SiteSetting.HeavyRetryDelay));

    /// <summary>The wait before a restart.</summary>
    /// <param name="failures">Number of failures since the task last made progress, the latest included.</param>
    public TimeSpan DelayAfter(int failures)
    {
        var wanted = RetryDelay > 0 ? RetryDelay : s_firstDelay.TotalSeconds * Math.Pow(BackoffFactor, failures - 1);
        return TimeSpan.FromSeconds(Math.Min(BackoffLimit.TotalSeconds, wanted));
    }
}
