using System.Globalization;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Triggers.Queues;

/// <summary>Reads media information, makes thumbnails before they are first requested, and indexes text.</summary>
internal sealed class GenerateThumbnailFunction(
    EntriesById byId, SettingStore settings, MediaInformation media, ThumbnailService thumbnails, FullTextIndexing texts)
{
    /// <summary>Reads the media information of one file, makes its thumbnail and indexes its text.</summary>
    [Function("GenerateThumbnail")]
    public async Task RunAsync([QueueTrigger(TriggerSettings.Prefix + "-thumbnails")] string message, CancellationToken cancellationToken)
    {
        var isMediaAlone = message.StartsWith(MediaRequests.MediaPrefix, StringComparison.Ordinal);
        // A message that is not an id will not become one on a retry.
        if (!long.TryParse(isMediaAlone ? message[MediaRequests.MediaPrefix.Length..] : message, NumberStyles.None, CultureInfo.InvariantCulture, out var fileId)
            || await byId.FindAsync(fileId, cancellationToken) is not { } file)
            return;
        var site = await settings.GetAsync(cancellationToken);
        file = await media.ExtractAsync(site, file, cancellationToken);
        if (!isMediaAlone && new ThumbnailChoice(site).IsPossible(file))
            await MakeThumbnailAsync(site, file, cancellationToken);
        await texts.IndexAsync(site, file, cancellationToken);
    }

    private async Task MakeThumbnailAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken)
    {
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
