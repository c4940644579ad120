using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Properties;

/// <summary>Writes the properties of entries that one client requested.</summary>
/// <param name="asked">The client's request.</param>
internal sealed class PropertyWriter(MultiStatus answer, PropFindRequest asked, SiteSettings site)
{
    // RFC 4331: returned only to clients that ask by name.
    private static readonly string[] s_quota = ["quota-used-bytes", "quota-available-bytes"];

    private static readonly string[] s_usual =
        ["resourcetype", "displayname", "getcontentlength", "getlastmodified", "creationdate", "getcontenttype", "getetag", "supportedlock", "lockdiscovery"];

    /// <summary>Locks that the client may know of.</summary>
    public IReadOnlyList<DavLockView> Locks { get; init; } = [];

    /// <summary>Bytes that the drive uses; null when not requested.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Bytes that it may use beside those.</summary>
    public long AvailableBytes { get; init; }

    private XmlWriter Xml => answer.Xml;

    /// <summary>Checks whether a property belongs to the server, so that clients cannot set it.</summary>
    /// <param name="name">The property's name.</param>
    public static bool IsLive(XName name) => name.Namespace == DavXml.Dav;

    /// <summary>Writes the response of one entry.</summary>
    /// <param name="href">Its address.</param>
    /// <param name="path">The path in its drive, for locks.</param>
    public void Write(string href, FileRecord entry, FilePath path)
    {
        answer.BeginResponse(href);
        if (asked.Names is { } names)
            WriteNamed(entry, path, names);
        else
            WriteAll(entry, path);
        answer.EndResponse();
    }

    private void WriteNamed(FileRecord entry, FilePath path, IReadOnlyList<XName> names)
    {
        List<XName>? missing = null;
        var isOpen = names.Any(name => Has(entry, name));
        if (isOpen)
            BeginProperties();
        foreach (var name in names)
        {
            if (!TryWrite(entry, path, name))
                (missing ??= []).Add(name);
        }
        if (isOpen)
            EndProperties(StatusCodes.Status200OK);
        if (missing is not null)
            WriteMissing(missing);
        else if (!isOpen)
            WriteMissing([]);
    }

    private void WriteMissing(List<XName> names)
    {
        BeginProperties();
        foreach (var name in names)
            WriteEmpty(name);
        EndProperties(names.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status404NotFound);
    }

    private void WriteAll(FileRecord entry, FilePath path)
    {
        BeginProperties();
        foreach (var name in s_usual.Select(name => DavXml.Dav + name).Concat(asked.Includes).Distinct())
        {
            if (!asked.NamesOnly)
                TryWrite(entry, path, name);
            else if (Has(entry, name))
                WriteEmpty(name);
        }
        foreach (var dead in DeadProperties.Of(entry.Metadata))
        {
            if (asked.NamesOnly)
                WriteEmpty(dead.Name);
            else
                dead.WriteTo(Xml);
        }
        if (asked.NamesOnly)
        {
            foreach (var name in s_quota)
                WriteEmpty(DavXml.Dav + name);
        }
        EndProperties(StatusCodes.Status200OK);
    }

    private bool Has(FileRecord entry, XName name)
    {
        if (name.Namespace != DavXml.Dav)
            return DeadProperties.Find(entry.Metadata, name) is not null;
        return name.LocalName switch
        {
            "getcontentlength" or "getcontenttype" or "getetag" => entry.Type == FileType.File,
            "quota-used-bytes" or "quota-available-bytes" => UsedBytes is not null,
            var local => s_usual.Contains(local),
        };
    }

    /// <returns>False when the entry has no such property.</returns>
    private bool TryWrite(FileRecord entry, FilePath path, XName name)
    {
        if (name.Namespace != DavXml.Dav)
        {
            var dead = DeadProperties.Find(entry.Metadata, name);
            dead?.WriteTo(Xml);
            return dead is not null;
        }
        if (!Has(entry, name))
            return false;
        switch (name.LocalName)
        {
            case "resourcetype":
                Xml.WriteStartElement("resourcetype", DavXml.Namespace);
                if (entry.Type == FileType.Folder)
                    Xml.WriteElementString("collection", DavXml.Namespace, null);
                Xml.WriteEndElement();
                break;
            case "supportedlock":
                DavLockView.WriteSupported(Xml);
                break;
            case "lockdiscovery":
                DavLockView.WriteDiscovery(Xml, Locks.Where(held => held.Covers(path)));
                break;
            default:
                Xml.WriteElementString(name.LocalName, DavXml.Namespace, TextOf(entry, name.LocalName));
                break;
        }
        return true;
    }

    private string TextOf(FileRecord entry, string name) => name switch
    {
        "displayname" => XmlCharacters.Replace(entry.Name),
        "getcontentlength" => entry.Size.ToString(CultureInfo.InvariantCulture),
        "getlastmodified" => entry.UpdatedAt.UtcDateTime.ToString("R", CultureInfo.InvariantCulture),
        "creationdate" => entry.CreatedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        "getcontenttype" => ContentNames.MimeType(site, entry.Name),
        "getetag" => DavETags.Of(site, entry)!,
        "quota-used-bytes" => UsedBytes!.Value.ToString(CultureInfo.InvariantCulture),
        _ => AvailableBytes.ToString(CultureInfo.InvariantCulture),
    };

    private void BeginProperties()
    {
        Xml.WriteStartElement("propstat", DavXml.Namespace);
        Xml.WriteStartElement("prop", DavXml.Namespace);
    }

    private void EndProperties(int status)
    {
        Xml.WriteEndElement();
        answer.WriteStatus(status);
        Xml.WriteEndElement();
    }

    private void WriteEmpty(XName name)
    {
        Xml.WriteStartElement(name.LocalName, name.NamespaceName);
        Xml.WriteEndElement();
    }
}
