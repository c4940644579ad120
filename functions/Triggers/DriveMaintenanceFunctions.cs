using Cloudreve.Core.Activities.Streams;
using Cloudreve.Core.Entities;
using Cloudreve.Core.FileSystem.Operations;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>What drives need from time to time (contract, section 12). Each run costs a transaction or two when nothing is due.</summary>
internal static class DriveMaintenanceFunctions
{
    private const string Timer = "timer";

    /// <summary>Creates the functions.</summary>
    public static IEnumerable<TriggerFunction> Create() =>
    [
        // Every two minutes: deletions of large folders take several runs.
        new("ContinueDeletions", new TimerTrigger(Timer, "0 */2 * * * *"), async (_, services, token) =>
        {
            await services.GetRequiredService<DriveOperations>().ContinueDeletionsAsync(token);
            return InvocationResponse.Done;
        }),
        new("ExpireTrash", new TimerTrigger(Timer, "0 */33 * * * *"), async (_, services, token) =>
        {
            await services.GetRequiredService<DriveOperations>().ExpireTrashAsync(token);
            return InvocationResponse.Done;
        }),
        new("RecycleEntities", new TimerTrigger(Timer, "0 */15 * * * *"), async (_, services, token) =>
        {
            await services.GetRequiredService<EntityRecycler>().RunAsync(token);
            return InvocationResponse.Done;
        }),
        // Once a day: moves that a process left behind and that nobody has come across since, one transaction for each user.
        new("RecoverDrives", new TimerTrigger(Timer, "0 30 3 * * *"), RecoverAsync),
        // Once a day: events that nobody may ask for any more, two transactions for each user.
        new("TrimEvents", new TimerTrigger(Timer, "0 30 4 * * *"), TrimEventsAsync),
    ];

    private static async Task<InvocationResponse> RecoverAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var operations = services.GetRequiredService<DriveOperations>();
        await foreach (var userId in services.GetRequiredService<UserStore>().ScanIdsAsync(cancellationToken))
            await operations.RecoverAsync(userId, cancellationToken);
        return InvocationResponse.Done;
    }

    private static async Task<InvocationResponse> TrimEventsAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var streams = services.GetRequiredService<EventStreams>();
        var site = await services.GetRequiredService<SettingStore>().GetAsync(cancellationToken);
        await foreach (var userId in services.GetRequiredService<UserStore>().ScanIdsAsync(cancellationToken))
            await streams.TrimAsync(userId, site.Get(EventStreamSetting.MaxAge), cancellationToken);
        return InvocationResponse.Done;
    }
}
