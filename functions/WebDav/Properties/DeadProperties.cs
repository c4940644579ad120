using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Properties;

/// <summary>
/// Properties that clients make up (RFC 4918, section 4). Each is a metadata key <c>dav:{namespace}name</c>, or a hash of that where it is
/// long, with the whole element as its value.
/// </summary>
internal static class DeadProperties
{
    private const string Prefix = "dav:";
    private const int MaxKey = 255;

    /// <summary>The metadata key of a property.</summary>
    /// <param name="name">The property's name.</param>
    public static string KeyOf(XName name)
    {
        var key = Prefix + name;
        return key.Length <= MaxKey ? key : $"{Prefix}#{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";
    }

    /// <summary>The metadata value of a property.</summary>
    /// <param name="property">The property, within the request.</param>
    public static string Print(XElement property)
    {
        var copy = new XElement(property);
        // The language of the enclosing elements applies to the property as well (RFC 4918, section 4.3).
        if (copy.Attribute(XNamespace.Xml + "lang") is null
            && property.Ancestors().Select(outer => outer.Attribute(XNamespace.Xml + "lang")).FirstOrDefault(lang => lang is not null) is { } language)
            copy.Add(new XAttribute(language));
        return copy.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>A property of an entry; null when it has none of that name.</summary>
    /// <param name="metadata">The entry's metadata.</param>
    /// <param name="name">The property's name.</param>
    public static XElement? Find(IReadOnlyDictionary<string, string> metadata, XName name) =>
        metadata.TryGetValue(KeyOf(name), out var value) ? Read(KeyOf(name), value) : null;

    /// <summary>All properties of an entry.</summary>
    /// <param name="metadata">The entry's metadata.</param>
    public static IEnumerable<XElement> Of(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Where(pair => IsProperty(pair.Key)).Select(pair => Read(pair.Key, pair.Value)).OfType<XElement>();

    /// <summary>Checks whether a metadata key belongs to a property.</summary>
    public static bool IsProperty(string key) => key.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads a value. Clients of the API may write any text under such a key: then that is the property's value.</summary>
    private static XElement? Read(string key, string value)
    {
        if (DavXml.TryParse(value) is { } element && KeyOf(element.Name) == key)
            return element;
        try
        {
            var name = XName.Get(key[Prefix.Length..]);
            return name.NamespaceName == DavXml.Namespace ? null : new XElement(name, XmlConvert.VerifyXmlChars(value));
        }
        catch (Exception e) when (e is XmlException or ArgumentException)
        {
            return null;
        }
    }
}
