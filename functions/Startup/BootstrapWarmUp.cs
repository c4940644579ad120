using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Bootstrap;

namespace Cloudreve.Functions.Startup;

/// <summary>
/// Under a Functions host: begins to create or check the site while the first request is still on its way, and continues while storage does not
/// respond. Requests wait for the site themselves, so a failure is only logged here.
/// </summary>
internal sealed class BootstrapWarmUp(SiteBootstrap bootstrap, AppSettings settings, TimeProvider clock, ILogger<BootstrapWarmUp> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the caller's thread: the app must listen at once.
        await Task.Yield();
        if (settings.SealingKeys.CurrentId is null && !settings.IsDevelopment)
        {
            logger.LogWarning(
                "CLOUDREVE_SEALING_KEYS is not set: secrets of the site, such as the password of the mail server, are stored in its tables unsealed.");
        }
        try
        {
            await AwaitSiteAsync(stoppingToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException)
        {
            logger.LogError("The site is not available yet: {Reason}", e.InnerException is CryptographicException cause ? $"{e.Message} {cause.Message}" : e.Message);
        }
    }

    private async Task AwaitSiteAsync(CancellationToken stoppingToken)
    {
        for (var (pause, isWaiting) = (FirstPause, false); !await TryAsync(isWaiting, stoppingToken); isWaiting = true)
        {
            await Task.Delay(pause, clock, stoppingToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<bool> TryAsync(bool isWaiting, CancellationToken stoppingToken)
    {
        try
        {
            await bootstrap.EnsureAsync(stoppingToken);
            if (isWaiting)
                logger.LogInformation("Storage answers, and the site is available.");
            return true;
        }
        catch (StorageUnavailableException e)
        {
            if (!isWaiting)
                logger.LogWarning("Storage does not answer; waiting for it: {Reason}", e.Message);
            return false;
        }
    }
}
