using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Queues thumbnails before anybody requests them.</summary>
/// <param name="layout">The storage of the queue.</param>
public sealed class ThumbnailRequests(StorageLayout layout)
{
    /// <summary>Queues a thumbnail, if the file can have one and has none: one transaction. For the end of uploads.</summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="file">The file.</param>
    public Task SendAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        new ThumbnailChoice(site).IsPossible(file) && FileThumbnails.Find(file) is null
            ? layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{file.Id}", cancellationToken: cancellationToken)
            : Task.CompletedTask;
}
