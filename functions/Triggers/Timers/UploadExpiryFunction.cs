using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Gives up uploads that nobody completed, and settles what changes of versions left behind when a process died.</summary>
internal sealed class UploadExpiryFunction(UploadExpiry uploads, LinkReleases releases, WriteSettlement writes)
{
    /// <summary>Settles interrupted writes of content: one transaction while there are none.</summary>
    [Function("SettleWrites")]
    public Task SettleWritesAsync([TimerTrigger("0 */2 * * * *")] TimerInfo timer, CancellationToken cancellationToken) => writes.RunAsync(cancellationToken);

    /// <summary>Runs every five minutes; one transaction for each 1,000 uploads of the last day.</summary>
    [Function("ExpireUploads")]
    public async Task ExpireAsync([TimerTrigger("0 */5 * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await uploads.RunAsync(cancellationToken);
        await releases.RunAsync(cancellationToken);
    }
}
