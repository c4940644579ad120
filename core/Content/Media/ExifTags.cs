using System.Globalization;
using Cloudreve.Core.Content.Media.Formats;
using MetadataExtractor;
using MetadataExtractor.Formats.Exif;
using Directory = MetadataExtractor.Directory;

namespace Cloudreve.Core.Content.Media;

/// <summary>
/// Reads what a camera wrote into a picture. Keys are those of the contract (section 9.1); where the front end reads a key under another
/// name than the server writes, both are written.
/// </summary>
internal static class ExifTags
{
    /// <summary>Number of bytes that are fetched of a picture: cameras write metadata before the pixels.</summary>
    private const int Fetched = 1024 * 1024;

    private const int MaxCharacters = 512;

    private static readonly (string[] Keys, int Tag)[] s_texts =
    [
        (["exif:artist"], ExifDirectoryBase.TagArtist),
        (["exif:copyright", "exif:copy_right"], ExifDirectoryBase.TagCopyright),
        (["exif:camera_make"], ExifDirectoryBase.TagMake),
        (["exif:camera_model"], ExifDirectoryBase.TagModel),
        (["exif:camera_owner", "exif:camera_owner_name"], ExifDirectoryBase.TagCameraOwnerName),
        (["exif:body_serial", "exif:body_serial_number"], ExifDirectoryBase.TagBodySerialNumber),
        (["exif:lens_make"], ExifDirectoryBase.TagLensMake),
        (["exif:lens_model"], ExifDirectoryBase.TagLensModel),
        (["exif:software"], ExifDirectoryBase.TagSoftware),
        (["exif:des", "exif:image_description"], ExifDirectoryBase.TagImageDescription),
    ];

    private static readonly (string[] Keys, int Tag)[] s_numbers =
    [
        (["exif:f"], ExifDirectoryBase.TagFNumber),
        (["exif:aperture", "exif:aperture_value"], ExifDirectoryBase.TagAperture),
        (["exif:focal_length"], ExifDirectoryBase.TagFocalLength),
        (["exif:iso"], ExifDirectoryBase.TagIsoEquivalent),
        (["exif:orientation"], ExifDirectoryBase.TagOrientation),
        (["exif:exposure_bias"], ExifDirectoryBase.TagExposureBias),
        (["exif:x"], ExifDirectoryBase.TagExifImageWidth),
        (["exif:y"], ExifDirectoryBase.TagExifImageHeight),
    ];

    private static readonly HashSet<int> s_known =
    [
        .. s_texts.Concat(s_numbers).Select(tag => tag.Tag), ExifDirectoryBase.TagExposureTime, ExifDirectoryBase.TagFlash, ExifDirectoryBase.TagDateTimeOriginal,
        ExifDirectoryBase.TagTimeZoneOriginal, ExifDirectoryBase.TagSubsecondTimeOriginal,
    ];

    /// <summary>The tags by the metadata keys of the contract; empty for a picture without any. One read.</summary>
    /// <param name="source">The picture.</param>
    /// <exception cref="MediaException">The picture would take too much work.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(MediaSource source, CancellationToken cancellationToken)
    {
        var head = await source.ReadAsync(0, Fetched, cancellationToken);
        var tags = new Dictionary<string, string>();
        var directories = new List<Directory>();
        try
        {
            var work = TiffTagReader.Work(cancellationToken);
            if (ExifPlace.Find(head, work) is { Length: > 0 } exif)
                TiffTagReader.Read(exif, s_known, directories, work);
        }
        catch (Exception e) when (e is ImageProcessingException or IOException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // A damaged picture, or one whose directory lies behind what was fetched, tells what was found until then.
        }
        foreach (var directory in directories.OfType<ExifDirectoryBase>())
            Read(directory, tags);
        if (directories.OfType<GpsDirectory>().FirstOrDefault() is { } gps)
            ReadPlace(gps, tags);
        return tags;
    }

    private static void Read(ExifDirectoryBase directory, Dictionary<string, string> tags)
    {
        foreach (var (keys, tag) in s_texts)
            Add(tags, keys, directory.GetString(tag));
        foreach (var (keys, tag) in s_numbers)
            Add(tags, keys, NumberOf(directory, tag) is var number && tag == ExifDirectoryBase.TagOrientation && number == "0" ? null : number);
        if (directory.TryGetRational(ExifDirectoryBase.TagExposureTime, out var exposure))
            Add(tags, ["exif:exposure_time"], Print(exposure));
        if (directory.TryGetInt32(ExifDirectoryBase.TagFlash, out var flash))
            Add(tags, ["exif:flash"], (flash & 1) != 0 ? "1" : "0");
        if (directory is ExifSubIfdDirectory && directory.TryGetDateTime(ExifDirectoryBase.TagDateTimeOriginal, out var taken))
            Add(tags, ["exif:taken_at"], taken.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + ZoneOf(directory));
    }

    private static void ReadPlace(GpsDirectory gps, Dictionary<string, string> tags)
    {
        if (gps.GetGeoLocation() is { IsZero: false } place && double.IsFinite(place.Latitude) && double.IsFinite(place.Longitude))
        {
            Add(tags, ["exif:latitude"], place.Latitude.ToString("0.######", CultureInfo.InvariantCulture));
            Add(tags, ["exif:longitude"], place.Longitude.ToString("0.######", CultureInfo.InvariantCulture));
        }
        if (gps.TryGetRational(GpsDirectory.TagAltitude, out var altitude) && altitude.Denominator != 0)
        {
            var isBelow = gps.TryGetInt32(GpsDirectory.TagAltitudeRef, out var reference) && reference == 1;
            Add(tags, ["exif:altitude"], ((isBelow ? -1 : 1) * altitude.ToDouble()).ToString("0.##", CultureInfo.InvariantCulture));
        }
    }

    private static string? NumberOf(Directory directory, int tag) =>
        directory.TryGetRational(tag, out var rational) && rational.Denominator != 0 ? rational.ToDouble().ToString("0.####", CultureInfo.InvariantCulture)
        : directory.TryGetInt32(tag, out var number) ? number.ToString(CultureInfo.InvariantCulture)
        : null;

    /// <summary>Seconds; below one as a fraction, as photographers write it.</summary>
    private static string? Print(Rational seconds) => seconds.Numerator <= 0 || seconds.Denominator <= 0 ? null
        : seconds.Numerator >= seconds.Denominator ? seconds.ToDouble().ToString("0.####", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"1/{Math.Round((double)seconds.Denominator / seconds.Numerator):0}");

    // Cameras without a clock's zone mean local time; clients then take it as theirs.
    private static string ZoneOf(ExifDirectoryBase directory) =>
        directory.GetString(ExifDirectoryBase.TagTimeZoneOriginal) is { } zone && DateTimeOffset.TryParseExact("2000-01-01T00:00:00" + zone, "yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? zone
            : "";

    private static void Add(Dictionary<string, string> tags, string[] keys, string? value)
    {
        value = new string([.. (value ?? "").Where(c => !char.IsControl(c)).Take(MaxCharacters)]).Trim();
        if (value.Length == 0)
            return;
        foreach (var key in keys)
            tags.TryAdd(key, value);
    }
}
