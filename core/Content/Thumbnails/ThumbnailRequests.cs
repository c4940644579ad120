using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Queues thumbnails before anybody requests them, and media information to be read.</summary>
/// <param name="layout">The storage of the queue.</param>
public sealed class ThumbnailRequests(StorageLayout layout)
{
    /// <summary>The start of a message for media information alone; the file's id follows.</summary>
    public const string MediaPrefix = "media:";

    /// <summary>Queues the reading of media information, if the file can have some: one transaction. For files that come by the thousand.</summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="file">The file.</param>
    public Task SendMediaAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        MediaInformation.IsPossible(site, file)
            ? layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{MediaPrefix}{file.Id}", cancellationToken: cancellationToken)
            : Task.CompletedTask;

    /// <summary>
    /// Queues a thumbnail, if the file can have one and has none, and the reading of its media information: one message for both. For the end
    /// of uploads.
    /// </summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="file">The file.</param>
    public Task SendAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        MediaInformation.IsPossible(site, file) || (new ThumbnailChoice(site).IsPossible(file) && FileThumbnails.Find(file) is null)
            ? layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{file.Id}", cancellationToken: cancellationToken)
            : Task.CompletedTask;
}
