using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.Media;

/// <summary>Metadata keys that describe a file's content (contract, section 9.1): they end with it.</summary>
internal static class MediaKeys
{
    private const string PlacePrefix = "geocoding:";

    private static readonly string[] s_prefixes = ["exif:", "music:", "stream:", PlacePrefix];

    /// <summary>Checks whether a key names a part of the address of a picture's place.</summary>
    public static bool IsPlace(string key) => key.StartsWith(PlacePrefix, StringComparison.Ordinal);

    /// <summary>Checks whether a key was made from media in the content.</summary>
    public static bool IsMedia(string key) => s_prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>
    /// Checks whether a key says nothing about other content: media information, that it is indexed, that no picture could be made, and that
    /// the blob is missing.
    /// </summary>
    public static bool EndsWithContent(string key) =>
        key is FileThumbnails.Disabled or MetadataKeys.FullTextIndex or MetadataKeys.SourceMissing || IsMedia(key);
}
