using Cloudreve.Core.Uploads;
using Cloudreve.Core.Versions;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Triggers;

/// <summary>Gives up uploads that nobody completed, and settles what changes of versions left behind when a process died.</summary>
internal static class UploadExpiryFunction
{
    private const string Timer = "timer";

    // Every ten minutes; one transaction for each 1,000 uploads of the last day.
    private const string Schedule = "0 5-55/10 * * * *";

    /// <summary>Creates the function.</summary>
    public static TriggerFunction Create() => new("ExpireUploads", new TimerTrigger(Timer, Schedule), RunAsync);

    private static async Task<InvocationResponse> RunAsync(InvocationRequest request, IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<UploadExpiry>().RunAsync(cancellationToken);
        await services.GetRequiredService<LinkReleases>().RunAsync(cancellationToken);
        return InvocationResponse.Done;
    }
}
