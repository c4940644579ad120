using System.Xml.Linq;
using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Properties;

/// <summary>The properties that a client asks for (RFC 4918, section 14.20).</summary>
/// <param name="Names">Their names; null for all.</param>
internal sealed record PropFindRequest(IReadOnlyList<XName>? Names)
{
    // Each costs an element in the response for each entry.
    private const int MaxNames = 256;

    /// <summary>True if the client wants names without values.</summary>
    public bool NamesOnly { get; init; }

    /// <summary>Properties to include besides those that are returned unasked.</summary>
    public IReadOnlyList<XName> Includes { get; init; } = [];

    /// <summary>Checks whether the client asks for a live property of the protocol by name.</summary>
    public bool AsksFor(string name) => Names?.Contains(DavXml.Dav + name) == true || Includes.Contains(DavXml.Dav + name);

    /// <summary>Checks whether the answer includes a live property that all resources have.</summary>
    public bool Shows(string name) => (Names is null && !NamesOnly) || AsksFor(name);

    /// <summary>Reads a request.</summary>
    /// <param name="body">The body; null for none, which asks for all.</param>
    /// <exception cref="DavException">400: it is not such a request.</exception>
    public static PropFindRequest Of(XElement? body)
    {
        if (body is null)
            return new PropFindRequest(Names: null);
        if (body.Name != DavXml.Dav + "propfind")
            throw Malformed();
        var (prop, all, names) = (body.Element(DavXml.Dav + "prop"), body.Element(DavXml.Dav + "allprop"), body.Element(DavXml.Dav + "propname"));
        return (prop, all, names) switch
        {
            (not null, null, null) => new PropFindRequest(NamesIn(prop)),
            (null, not null, null) => new PropFindRequest(Names: null) { Includes = body.Element(DavXml.Dav + "include") is { } include ? NamesIn(include) : [] },
            (null, null, not null) => new PropFindRequest(Names: null) { NamesOnly = true },
            _ => throw Malformed(),
        };
    }

    private static List<XName> NamesIn(XElement list)
    {
        var names = list.Elements().Select(element => element.Name).Distinct().ToList();
        return names.Count <= MaxNames ? names : throw new DavException(StatusCodes.Status400BadRequest, "Too many properties are asked for at once.");
    }

    private static DavException Malformed() => new(StatusCodes.Status400BadRequest, "The body is not a propfind request.");
}
