using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Media;

/// <summary>Queues what is made of content ahead of its first use: thumbnails, media information, the index of text.</summary>
/// <param name="layout">The storage of the queue.</param>
public sealed class MediaRequests(StorageLayout layout)
{
    /// <summary>The start of a message for media information and text alone; the file's id follows.</summary>
    public const string MediaPrefix = "media:";

    private static readonly TimeSpan s_later = TimeSpan.FromMinutes(10);

    /// <summary>Queues the reading of media information and text, if the file can have some: one transaction. For files that come by the thousand.</summary>
    /// <param name="site">The site's settings.</param>
    public Task SendMediaAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        MediaInformation.IsPossible(site, file) || FullTextIndexing.IsPossible(site, file) ? SendPartsAsync(file, cancellationToken) : Task.CompletedTask;

    /// <summary>Queues the indexing of text, if the file can have some: one transaction. For files whose media information nobody wants.</summary>
    /// <param name="site">The site's settings.</param>
    /// <param name="file">The file.</param>
    public Task SendTextAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        FullTextIndexing.IsPossible(site, file) ? SendPartsAsync(file, cancellationToken) : Task.CompletedTask;

    /// <summary>Queues the indexing of a file's text for a time when other documents have ended: one transaction.</summary>
    internal Task SendTextLaterAsync(FileRecord file, CancellationToken cancellationToken) =>
        layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{MediaPrefix}{file.Id}", s_later, cancellationToken);

    /// <summary>
    /// Queues a thumbnail, if the file can have one and has none, and the reading of its media information and text: one message for all. For
    /// the end of uploads.
    /// </summary>
    /// <param name="site">The site's settings.</param>
    public Task SendAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default) =>
        MediaInformation.IsPossible(site, file) || FullTextIndexing.IsPossible(site, file)
            || (new ThumbnailChoice(site).IsPossible(file) && FileThumbnails.Find(file) is null)
            ? layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{file.Id}", cancellationToken: cancellationToken)
            : Task.CompletedTask;

    private Task SendPartsAsync(FileRecord file, CancellationToken cancellationToken) =>
        layout.Queue(layout.ThumbnailsQueueName).SendAsync($"{MediaPrefix}{file.Id}", cancellationToken: cancellationToken);
}
