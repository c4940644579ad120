using System.Globalization;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Triggers.Queues;

/// <summary>Makes thumbnails before they are first requested.</summary>
internal sealed class GenerateThumbnailFunction(FileTree tree, SettingStore settings, ThumbnailService thumbnails)
{
    /// <summary>Makes the thumbnail of one file.</summary>
    [Function("GenerateThumbnail")]
    public async Task RunAsync([QueueTrigger(TriggerSettings.Prefix + "-thumbnails")] string fileIdText, CancellationToken cancellationToken)
    {
        // A message that is not an id will not become one on a retry.
        if (!long.TryParse(fileIdText, NumberStyles.None, CultureInfo.InvariantCulture, out var fileId)
            || await tree.FindByIdAsync(fileId, cancellationToken) is not { } file)
            return;
        var site = await settings.GetAsync(cancellationToken);
        try
        {
            await thumbnails.GetAsync(site, file, cancellationToken);
        }
        catch (CloudreveException)
        {
            // The service has recorded the reason; a later request for the file tries again when it is time.
        }
    }
}
