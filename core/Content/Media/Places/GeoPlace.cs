using System.Globalization;

namespace Cloudreve.Core.Content.Media.Places;

/// <summary>A place on earth, in degrees.</summary>
internal readonly record struct GeoPlace(double Latitude, double Longitude)
{
    /// <summary>The key of the latitude among a picture's metadata.</summary>
    public const string LatitudeKey = "exif:latitude";

    /// <summary>The key of the longitude.</summary>
    public const string LongitudeKey = "exif:longitude";

    /// <summary>The place that metadata name; null for none.</summary>
    public static GeoPlace? Of(IReadOnlyDictionary<string, string> metadata) =>
        Read(metadata, LatitudeKey, 90) is { } latitude && Read(metadata, LongitudeKey, 180) is { } longitude ? new GeoPlace(latitude, longitude) : null;

    private static double? Read(IReadOnlyDictionary<string, string> metadata, string key, double most) =>
        metadata.TryGetValue(key, out var text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees) && Math.Abs(degrees) <= most
            ? degrees
            : null;
}
