using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Site;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>Processes that die while they upload or write.</summary>
internal static class UploadCrashes
{
    // More calls than any action makes.
    private const int Most = 60;

    /// <summary>
    /// Runs an action until it gets through, each time in a process that dies one call later, and checks the whole site after each
    /// recovery. The preparation is repeated for each, since staged blocks are no part of a snapshot.
    /// </summary>
    public static async Task AtEveryCallAsync<T>(
        Func<Task<UploadSite>> createAsync, StorageFault fault, Func<UploadSite, Task<T>> prepareAsync, Func<UploadSite, T, Task> actAsync,
        Func<UploadSite, T, Task> recoverAsync, int fewest = 6)
    {
        var calls = await CrashMatrix.RunAsync(createAsync, async (site, index) =>
        {
            var prepared = await prepareAsync(site);
            var crash = new CrashPoint(index, fault);
            var dying = site.Restart(crash.Decide);
            await dying.SettingsAsync();
            await dying.Drive.Get<SiteCatalog>().GetPolicyAsync(1);
            crash.IsArmed = true;
            try
            {
                await actAsync(dying, prepared);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }
            // All leftovers have a note by which they will be settled.
            Assert.Empty(await site.Drive.Get<SiteIntegrity>().CheckAsync());
            await recoverAsync(site.Restart(), prepared);
            await site.RecoverAsync();
            await site.AssertExactAsync();
            return crash.Struck;
        });
        Assert.InRange(calls, fewest, Most);
    }
}
