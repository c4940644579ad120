using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Media;

/// <summary>Reads what pictures and music say about themselves and keeps it as metadata of their files (contract, sections 9.1 and 19.6).</summary>
public sealed class MediaInformation(
    EntryUpdates updates, EntityStore entities, SiteCatalog catalog, PolicyContainers containers, BlobEncryption encryption, TimeProvider clock,
    ILogger<MediaInformation> logger)
{
    private static readonly HashSet<string> s_pictures =
        ["jpg", "jpeg", "png", "webp", "heic", "heif", "avif", "tif", "tiff", "dng", "cr2", "nef", "arw", "orf", "rw2", "pef", "raf"];

    private static readonly HashSet<string> s_music = ["mp3", "m4a", "m4b", "flac", "ogg", "oga", "opus"];

    /// <summary>Checks whether a file's content is of a kind that is read, by its name, its size and the settings.</summary>
    public static bool IsPossible(SiteSettings site, FileRecord file) => FindReader(site, file) is not null;

    /// <summary>
    /// Reads the content and stores what it says: one transaction for the entity, one for each part that is read, and one for the file when
    /// something changes. A file whose content changes meanwhile stays as it is; its new content has a message of its own.
    /// </summary>
    /// <param name="site">The site's settings.</param>
    /// <returns>The file as it is stored.</returns>
    public async Task<FileRecord> ExtractAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default)
    {
        if (FindReader(site, file) is not { } readAsync || await entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { } entity)
            return file;
        try
        {
            var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
            var key = entity.Encryption is null ? null : await encryption.OpenAsync(entity.Encryption, cancellationToken);
            var tags = await readAsync(new MediaSource(containers.Get(policy), key, entity, file.Name, clock), cancellationToken);
            return await updates.UpdateAsync(file, current => current.PrimaryEntityId == entity.Id ? Describe(current, tags) : current, cancellationToken);
        }
        catch (MediaException e)
        {
            logger.LogInformation(e, "No media information of file {FileId}.", file.Id);
        }
        catch (StorageNotFoundException e)
        {
            logger.LogWarning(e, "The content of file {FileId} is missing.", file.Id);
        }
        catch (CloudreveException e)
        {
            logger.LogInformation(e, "The file {FileId} cannot be changed.", file.Id);
        }
        return file;
    }

    /// <summary>The file with these tags in place of earlier ones; the same record when that changes nothing or would not fit.</summary>
    private static FileRecord Describe(FileRecord file, IReadOnlyDictionary<string, string> tags)
    {
        var known = file.Metadata.Where(m => MediaKeys.IsMedia(m.Key)).ToDictionary();
        if (known.Count == tags.Count && tags.All(tag => known.TryGetValue(tag.Key, out var value) && value == tag.Value))
            return file;
        var metadata = file.Metadata.Where(m => !MediaKeys.IsMedia(m.Key)).Concat(tags).ToDictionary();
        return MetadataRules.Fits(metadata) ? file with { Metadata = metadata } : file;
    }

    private static Func<MediaSource, CancellationToken, Task<IReadOnlyDictionary<string, string>>>? FindReader(SiteSettings site, FileRecord file)
    {
        if (file is not { Type: FileType.File, Size: > 0 } || file.PrimaryEntityId == 0 || !site.Get(MediaMetaSetting.Enabled))
            return null;
        var extension = ThumbnailExtensions.Of(file.Name);
        if (s_pictures.Contains(extension) && site.Get(MediaMetaSetting.ExifEnabled) && IsWithin(file, site.Get(MediaMetaSetting.ExifMaxSize)))
            return ExifTags.ReadAsync;
        return s_music.Contains(extension) && site.Get(MediaMetaSetting.MusicEnabled) && IsWithin(file, site.Get(MediaMetaSetting.MusicMaxSize))
            ? MusicTags.ReadAsync
            : null;
    }

    private static bool IsWithin(FileRecord file, long limit) => limit == 0 || file.Size <= limit;
}
