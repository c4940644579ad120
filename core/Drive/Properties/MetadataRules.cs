using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Drive.Properties;

/// <summary>A change of one metadata key.</summary>
/// <param name="Value">The new value; null to remove the key.</param>
public sealed record MetadataPatch(string Key, string? Value);

/// <summary>Rules for the metadata that clients may set and remove (contract, section 9.1).</summary>
/// <param name="properties">Definitions of custom properties by id.</param>
/// <param name="hashIds">Decodes the ids of users.</param>
public sealed partial class MetadataRules(IReadOnlyDictionary<string, CustomProperty> properties, HashIdCodec hashIds)
{
    /// <summary>The rules of a site.</summary>
    /// <param name="site">Its settings, with the definitions of custom properties.</param>
    /// <exception cref="CloudreveException">50005 for definitions that cannot be read.</exception>
    public static MetadataRules Of(SiteSettings site)
    {
        try
        {
            var defined = JsonSerializer.Deserialize(site.Get(SiteSetting.CustomProperties), PropertyJson.Default.JsonElementArray) ?? [];
            return new MetadataRules(defined.Select(CustomProperty.Parse).OfType<CustomProperty>().DistinctBy(p => p.Id).ToDictionary(p => p.Id), site.HashIds);
        }
        catch (JsonException e)
        {
            throw new CloudreveException(ErrorCode.InternalSetting, "The definitions of custom properties are malformed.", e);
        }
    }

    /// <summary>Checks whether a text is a list of custom property definitions.</summary>
    internal static bool AreDefinitions(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, PropertyJson.Default.JsonElementArray)?.All(definition => CustomProperty.Parse(definition) is not null) == true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private const int MaxKeys = 256;
    private const int MaxKeyCharacters = 255;
    private const int MaxEmojiCharacters = 64;

    /// <summary>
    /// Maximum number of characters in the JSON of an entry's metadata: one value of 65,535, and whatever else a file may have. Metadata is read
    /// with every listing.
    /// </summary>
    public const int MaxCharacters = 68_000;

    private const string IconColor = "customize:icon_color";
    private const string Emoji = "customize:emoji";
    private const string PropertyPrefix = "props:";

    private static readonly string[] Namespaces = ["customize", "tag", "dav", "thumb", "props"];

    /// <summary>Throws unless all keys may be set at creation.</summary>
    /// <param name="metadata">Key to value.</param>
    /// <param name="mayBeShortcut">True if what is created may be a shortcut.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public void CheckNew(IReadOnlyDictionary<string, string> metadata, bool mayBeShortcut)
    {
        if (!mayBeShortcut && metadata.Keys.Any(IsMark))
            throw NoShortcut();
        foreach (var (key, value) in metadata)
        {
            // JSON has null where the type does not.
            Check(new MetadataPatch(key, value ?? throw Bad("A metadata value is null.")));
        }
        CheckSize(metadata);
    }

    /// <summary>Throws for changes that no entry could accept.</summary>
    /// <param name="patches">The changes, in order.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public void Check(IReadOnlyList<MetadataPatch> patches) =>
        Apply(new Dictionary<string, string> { [MetadataKeys.SharedRedirect] = "" }, patches);

    /// <summary>Metadata after some changes.</summary>
    /// <param name="metadata">The metadata before.</param>
    /// <param name="patches">The changes, in order.</param>
    /// <exception cref="CloudreveException">40001 for a key that clients may not set or remove, or a value that does not fit.</exception>
    public IReadOnlyDictionary<string, string> Apply(IReadOnlyDictionary<string, string> metadata, IReadOnlyList<MetadataPatch> patches)
    {
        var result = metadata.ToDictionary();
        foreach (var patch in patches)
        {
            Check(patch);
            // An entry cannot become a shortcut later: that would hide its content.
            if (IsMark(patch.Key) && !metadata.ContainsKey(MetadataKeys.SharedRedirect))
                throw NoShortcut();
            if (patch.Value is null || (patch.Value.Length == 0 && patch.Key.StartsWith(PropertyPrefix, StringComparison.Ordinal)))
                result.Remove(patch.Key);
            else
                result[patch.Key] = patch.Value;
        }
        CheckSize(result);
        return result;
    }

    /// <summary>Checks whether changes update the file's modification time: those that people see do (contract, section 9.1).</summary>
    /// <param name="patches">The changes.</param>
    public static bool BumpsTime(IReadOnlyList<MetadataPatch> patches) =>
        patches.Any(p => p.Key.Split(':')[0] is "customize" or "tag" or "props" or "sys");

    /// <summary>Checks whether a file can have so much metadata.</summary>
    internal static bool Fits(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Count <= MaxKeys && FileJson.Print(metadata).Length <= MaxCharacters;

    private static void CheckSize(IReadOnlyDictionary<string, string> metadata)
    {
        if (!Fits(metadata))
            throw Bad("The file has too much metadata.");
    }

    private void Check(MetadataPatch patch)
    {
        var colon = patch.Key.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == patch.Key.Length - 1 || patch.Key.CountCharacters() > MaxKeyCharacters || !IsAllowed(patch, patch.Key[..colon]))
            throw Bad("A metadata key or value is not allowed.");
    }

    private bool IsAllowed(MetadataPatch patch, string scope) => (patch.Key, patch.Value) switch
    {
        (MetadataKeys.SharedRedirect, { } uri) => FileUri.Parse(uri).FileSystem == FileSystemKind.Share,
        (MetadataKeys.SharedOwner, { } owner) => hashIds.TryDecode(owner, HashIdKind.User, out _),
        (IconColor, { } color) => Color().IsMatch(color),
        (Emoji, { } emoji) => emoji.CountCharacters() <= MaxEmojiCharacters,
        (_, { } value) when scope == "props" => properties.TryGetValue(patch.Key[PropertyPrefix.Length..], out var property) && property.Accepts(value),
        (_, { } tag) when scope == "tag" => tag.Length == 0 || Color().IsMatch(tag),
        _ => Namespaces.Contains(scope),
    };

    private static bool IsMark(string key) => key is MetadataKeys.SharedRedirect or MetadataKeys.SharedOwner;

    private static CloudreveException NoShortcut() => Bad("Only a shortcut has a destination, from its creation on.");

    private static CloudreveException Bad(string message) => new(ErrorCode.BadParameter, message);

    [GeneratedRegex("^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|(rgb|rgba|hsl|hsla)\\([0-9.,%\\s/]{3,60}\\))$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Color();
}

/// <summary>A property that administrators have defined for files (contract, section 9.1).</summary>
public sealed record CustomProperty
{
    /// <summary>Its id; the metadata key is <c>props:id</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>text, number, boolean, select, multi_select, link, rating or user.</summary>
    public required string Type { get; init; }

    /// <summary>The shortest text or least number.</summary>
    public long? Min { get; init; }

    /// <summary>The longest text or greatest number.</summary>
    public long? Max { get; init; }

    /// <summary>The selectable values.</summary>
    public IReadOnlyList<string>? Options { get; init; }

    /// <summary>Reads a definition; null for an invalid one.</summary>
    /// <param name="definition">JSON.</param>
    public static CustomProperty? Parse(JsonElement definition)
    {
        try
        {
            return definition.Deserialize(PropertyJson.Default.CustomProperty);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Checks whether a value is valid; an empty one clears the property.</summary>
    public bool Accepts(string value) => value.Length == 0 || Type switch
    {
        "text" or "link" => IsWithin(value.CountCharacters()),
        "number" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && IsWithin(number),
        "rating" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rating) && rating >= 0 && (Max is null || rating <= Max),
        "boolean" => value is "true" or "false",
        "select" => Options?.Contains(value) == true,
        "multi_select" => AreOptions(value),
        _ => value.CountCharacters() <= 255,
    };

    private bool IsWithin(double number) => (Min is null || number >= Min) && (Max is null || number <= Max);

    private bool AreOptions(string value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, PropertyJson.Default.StringArray)?.All(o => Options?.Contains(o) == true) == true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(JsonElement[]))]
[JsonSerializable(typeof(CustomProperty))]
internal sealed partial class PropertyJson : JsonSerializerContext;
