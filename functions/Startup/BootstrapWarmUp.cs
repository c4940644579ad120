using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Startup;

/// <summary>
/// Under a Functions host: begins to look after the site while the first request is still on its way. Requests wait for it themselves,
/// so a failure is only told here.
/// </summary>
internal sealed class BootstrapWarmUp(SiteBootstrap bootstrap, AppSettings settings, ILogger<BootstrapWarmUp> logger) : BackgroundService
{
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
            await bootstrap.EnsureAsync(stoppingToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException)
        {
            logger.LogError("The site is not available yet: {Reason}", e.InnerException is CryptographicException cause ? $"{e.Message} {cause.Message}" : e.Message);
        }
    }
}
