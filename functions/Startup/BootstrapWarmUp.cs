using Cloudreve.AzureStorage;
using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Startup;

/// <summary>
/// Under a Functions host: begins to look after the site while the first request is still on its way. Requests wait for it themselves,
/// so a failure is only told here.
/// </summary>
internal sealed class BootstrapWarmUp(SiteBootstrap bootstrap, ILogger<BootstrapWarmUp> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the caller's thread: the app must listen at once.
        await Task.Yield();
        try
        {
            await bootstrap.EnsureAsync(stoppingToken);
        }
        catch (Exception e) when (e is StorageException or CloudreveException)
        {
            logger.LogError("The site is not available yet: {Reason}", e.Message);
        }
    }
}
