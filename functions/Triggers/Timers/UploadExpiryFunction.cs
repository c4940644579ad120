using Cloudreve.Core.Uploads;
using Cloudreve.Core.Versions;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Gives up uploads that nobody completed, and settles what changes of versions left behind when a process died.</summary>
internal sealed class UploadExpiryFunction(UploadExpiry uploads, LinkReleases releases)
{
    /// <summary>Runs every ten minutes; one transaction for each 1,000 uploads of the last day.</summary>
    [Function("ExpireUploads")]
    public async Task RunAsync([TimerTrigger("0 5-55/10 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await uploads.RunAsync(cancellationToken);
        await releases.RunAsync(cancellationToken);
    }
}
