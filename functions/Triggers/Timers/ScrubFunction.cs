using Cloudreve.Core.Content.Integrity.Scrub;

namespace Cloudreve.Functions.Triggers.Timers;

/// <summary>Looks every day for rows and blobs that do not fit together (docs/operations.md).</summary>
internal sealed class ScrubFunction(SiteScrub scrub, TimedSweep timed, ILogger<ScrubFunction> logger)
{
    /// <summary>Looks through the next part of the site. What does not fit into the time of one run is looked at by the next ones.</summary>
    [Function("ScrubSite")]
    public Task ScrubAsync([TimerTrigger("0 10 5 * * *")] TimerInfo timer, CancellationToken cancellationToken) => timed.RunAsync(
        async (_, token) =>
        {
            var report = await scrub.RunAsync(token);
            if (report.Found > 0)
                logger.LogWarning("The scrub found {Found} things that do not fit and removed {Repaired} of them: {Named}", report.Found, report.Repaired, report.Named);
            else
                logger.LogInformation("The scrub looked at {Checked} rows and blobs and found nothing", report.Checked);
            return (int)report.Repaired;
        },
        cancellationToken);
}
