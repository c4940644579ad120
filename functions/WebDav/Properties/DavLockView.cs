using System.Globalization;
using System.Xml;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Properties;

/// <summary>A lock as a client sees it.</summary>
/// <param name="Href">The address of what it locks.</param>
/// <param name="TokenUri">Its token as a URI.</param>
/// <param name="Now">The time, for how long it still holds.</param>
internal sealed record DavLockView(DriveLock Lock, string Href, string TokenUri, DateTimeOffset Now)
{
    /// <summary>Checks whether it locks a path.</summary>
    /// <param name="path">A path in the drive.</param>
    public bool Covers(FilePath path) => Lock.Path.Equals(path) || (Lock.IsInfinite && Lock.Path.Contains(path));

    /// <summary>Writes the supported locks.</summary>
    /// <param name="xml">The answer.</param>
    public static void WriteSupported(XmlWriter xml)
    {
        xml.WriteStartElement("supportedlock", DavXml.Namespace);
        foreach (var scope in (string[])["exclusive", "shared"])
        {
            xml.WriteStartElement("lockentry", DavXml.Namespace);
            WriteKind(xml, scope);
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    /// <summary>Writes locks.</summary>
    /// <param name="xml">The answer.</param>
    public static void WriteDiscovery(XmlWriter xml, IEnumerable<DavLockView> locks)
    {
        xml.WriteStartElement("lockdiscovery", DavXml.Namespace);
        foreach (var held in locks)
            held.Write(xml);
        xml.WriteEndElement();
    }

    private static void WriteKind(XmlWriter xml, string scope)
    {
        xml.WriteStartElement("lockscope", DavXml.Namespace);
        xml.WriteElementString(scope, DavXml.Namespace, null);
        xml.WriteEndElement();
        xml.WriteStartElement("locktype", DavXml.Namespace);
        xml.WriteElementString("write", DavXml.Namespace, null);
        xml.WriteEndElement();
    }

    private void Write(XmlWriter xml)
    {
        xml.WriteStartElement("activelock", DavXml.Namespace);
        WriteKind(xml, Lock.IsShared ? "shared" : "exclusive");
        xml.WriteElementString("depth", DavXml.Namespace, Lock.IsInfinite ? "infinity" : "0");
        if (Lock.Application.InnerXml is { } owner)
            DavXml.TryParse(owner)?.WriteTo(xml);
        var seconds = Math.Max(0, (long)(Lock.ExpiresAt - Now).TotalSeconds);
        xml.WriteElementString("timeout", DavXml.Namespace, string.Create(CultureInfo.InvariantCulture, $"Second-{seconds}"));
        WriteHref(xml, "locktoken", TokenUri);
        WriteHref(xml, "lockroot", Href);
        xml.WriteEndElement();
    }

    private static void WriteHref(XmlWriter xml, string name, string href)
    {
        xml.WriteStartElement(name, DavXml.Namespace);
        xml.WriteElementString("href", DavXml.Namespace, href);
        xml.WriteEndElement();
    }
}
