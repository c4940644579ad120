using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media.Places;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Media;

/// <summary>Reads what pictures, music and videos say about themselves and keeps it as metadata of their files (contract, sections 9.1 and 19.6).</summary>
public sealed class MediaInformation
{
    private readonly EntryUpdates _updates;
    private readonly EntityStore _entities;
    private readonly SiteCatalog _catalog;
    private readonly PolicyContainers _containers;
    private readonly BlobEncryption _encryption;
    private readonly IReverseGeocoder _places;
    private readonly TimeProvider _clock;
    private readonly ILogger<MediaInformation> _logger;

    internal MediaInformation(
        EntryUpdates updates, EntityStore entities, SiteCatalog catalog, PolicyContainers containers, BlobEncryption encryption,
        IReverseGeocoder places, TimeProvider clock, ILogger<MediaInformation> logger)
    {
        _updates = updates;
        _entities = entities;
        _catalog = catalog;
        _containers = containers;
        _encryption = encryption;
        _places = places;
        _clock = clock;
        _logger = logger;
    }

    private static readonly HashSet<string> s_pictures =
        ["jpg", "jpeg", "png", "webp", "heic", "heif", "avif", "tif", "tiff", "dng", "cr2", "nef", "arw", "orf", "rw2", "pef", "raf"];

    private static readonly HashSet<string> s_music = ["mp3", "m4a", "m4b", "flac", "ogg", "oga", "opus"];

    private static readonly HashSet<string> s_videos =
    [
        "3g2", "3gp", "asf", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "ogv", "ts", "vob", "webm", "wmv",
    ];

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
        if (FindReader(site, file) is not { } readAsync || await _entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { } entity)
            return file;
        try
        {
            var policy = await _catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
            var key = entity.Encryption is null ? null : await _encryption.OpenAsync(entity.Encryption, cancellationToken);
            var tags = await NamePlaceAsync(site, file, await readAsync(new MediaSource(_containers.Get(policy), key, entity, file.Name, _clock), cancellationToken), cancellationToken);
            return await _updates.UpdateAsync(file, current => current.PrimaryEntityId == entity.Id ? Describe(current, tags) : current, cancellationToken);
        }
        catch (MediaException e)
        {
            _logger.LogInformation(e, "No media information of file {FileId}.", file.Id);
        }
        catch (StorageNotFoundException e)
        {
            _logger.LogWarning(e, "The content of file {FileId} is missing.", file.Id);
        }
        catch (CloudreveException e)
        {
            _logger.LogInformation(e, "The file {FileId} cannot be changed.", file.Id);
        }
        return file;
    }

    /// <summary>
    /// Adds the names of the place that a picture shows, where the settings ask for it: one call of another server. Names that are known
    /// stay, and a server that fails costs nothing but them.
    /// </summary>
    private async Task<IReadOnlyDictionary<string, string>> NamePlaceAsync(
        SiteSettings site, FileRecord file, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        if (GeoPlace.Of(tags) is not { } place || !_places.IsConfigured(site))
            return tags;
        var known = GeoPlace.Of(file.Metadata) == place ? file.Metadata.Where(m => MediaKeys.IsPlace(m.Key)).ToList() : [];
        if (known.Count > 0)
            return tags.Concat(known).ToDictionary();
        try
        {
            return tags.Concat(await _places.FindAsync(site, place, cancellationToken)).ToDictionary();
        }
        catch (MediaException e)
        {
            _logger.LogWarning(e, "The place of file {FileId} has no name.", file.Id);
            return tags;
        }
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
        if (s_music.Contains(extension) && site.Get(MediaMetaSetting.MusicEnabled) && IsWithin(file, site.Get(MediaMetaSetting.MusicMaxSize)))
            return MusicTags.ReadAsync;
        return s_videos.Contains(extension) && site.Get(MediaMetaSetting.FfprobeEnabled) && site.Get(MediaMetaSetting.FfprobePath).Length > 0
            && IsWithin(file, site.Get(MediaMetaSetting.FfprobeMaxSize))
            ? new VideoStreams(site).ReadAsync
            : null;
    }

    private static bool IsWithin(FileRecord file, long limit) => limit == 0 || file.Size <= limit;
}
