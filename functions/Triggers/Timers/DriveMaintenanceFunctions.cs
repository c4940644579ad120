using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Periodic maintenance of drives (contract, section 12). Each run costs a transaction or two when nothing is due.</summary>
internal sealed class DriveMaintenanceFunctions(
    DriveMaintenance maintenance, DriveSettlement settlement, EntityRecycler recycler, EventStreams streams, UserStore users, SettingStore settings,
    ILogger<DriveMaintenanceFunctions> logger)
{
    /// <summary>Continues with deletions; those of large folders take several runs.</summary>
    [Function("ContinueDeletions")]
    public Task ContinueDeletionsAsync([TimerTrigger("0 */2 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        maintenance.ContinueDeletionsAsync(cancellationToken);

    /// <summary>Deletes entries that have been in the trash for too long.</summary>
    [Function("ExpireTrash")]
    public Task ExpireTrashAsync([TimerTrigger("0 */33 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        maintenance.ExpireTrashAsync(cancellationToken);

    /// <summary>Deletes blobs that no file refers to.</summary>
    [Function("RecycleEntities")]
    public Task RecycleEntitiesAsync([TimerTrigger("0 */15 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        recycler.RunAsync(cancellationToken);

    /// <summary>Finishes moves that a process left behind and that no request has encountered since: one transaction for each user.</summary>
    [Function("RecoverDrives")]
    public Task RecoverDrivesAsync([TimerTrigger("0 30 3 * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        ForEachUserAsync(settlement.RecoverAsync, cancellationToken);

    /// <summary>Removes events that can no longer be requested: three transactions for each user.</summary>
    [Function("TrimEvents")]
    public async Task TrimEventsAsync([TimerTrigger("0 30 4 * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        var site = await settings.GetAsync(cancellationToken);
        var (maxAge, activityAge) = (site.Get(EventStreamSetting.MaxAge), site.Get(EventStreamSetting.ActivityAge));
        await ForEachUserAsync((userId, token) => streams.TrimAsync(userId, maxAge, activityAge, token), cancellationToken);
    }

    /// <summary>A drive that fails does not hold up the others; it is retried in the next run.</summary>
    private async Task ForEachUserAsync(Func<long, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        await foreach (var userId in users.ScanIdsAsync(cancellationToken))
        {
            try
            {
                await run(userId, cancellationToken);
            }
            catch (Exception e) when (e is StorageException or CloudreveException)
            {
                logger.LogError(e, "The drive of user {User} could not be maintained", userId);
            }
        }
    }
}
