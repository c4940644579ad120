using Cloudreve.Core.Identity.SignIns;
using Cloudreve.Core.Identity.Tokens;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Keeps sign-ins in order: renews the keys that sign tokens, and removes what has expired.</summary>
internal static class SessionFunctions
{
    private const string Timer = "timer";
    private const int RowsPerRun = 20_000;

    /// <summary>Creates the functions.</summary>
    public static IEnumerable<TriggerFunction> Create() =>
    [
        new("RenewTokenKeys", new TimerTrigger(Timer, "0 5 2 * * *"), async (_, services, token) =>
        {
            await services.GetRequiredService<TokenKeys>().MaintainAsync(token);
            return InvocationResponse.Done;
        }),
        new("SweepSessions", new TimerTrigger(Timer, "0 50 3 * * *"), async (_, services, token) =>
        {
            await services.GetRequiredService<SessionSweep>().RunAsync(RowsPerRun, token);
            return InvocationResponse.Done;
        }),
    ];
}
