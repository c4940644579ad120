using Cloudreve.Core.Viewers;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Removes sessions of viewers that have expired.</summary>
internal static class ViewerSessionsFunction
{
    private const string Timer = "timer";

    // Every six hours: expired sessions are harmless, they only take room.
    private const string Schedule = "0 17 */6 * * *";

    /// <summary>Creates the function.</summary>
    public static TriggerFunction Create() => new("SweepViewerSessions", new TimerTrigger(Timer, Schedule), async (_, services, token) =>
    {
        await services.GetRequiredService<ViewerSessions>().SweepAsync(token);
        return InvocationResponse.Done;
    });
}
