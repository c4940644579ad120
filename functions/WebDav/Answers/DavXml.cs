using System.Xml;
using System.Xml.Linq;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>Reads untrusted XML: no document type, no entities, no external resources, and bounded in size and depth.</summary>
internal static class DavXml
{
    /// <summary>The namespace of the protocol.</summary>
    public const string Namespace = "DAV:";

    /// <summary>The largest body.</summary>
    public const long MaxBytes = 1024 * 1024;

    // Properties hold whole documents, which are flat next to this.
    private const int MaxDepth = 64;

    /// <summary>The namespace, for names.</summary>
    public static XNamespace Dav { get; } = Namespace;

    /// <summary>Reads a request's body; null when it is empty.</summary>
    /// <exception cref="DavException">400: it is not well-formed, or has a document type; 413: it is too large.</exception>
    public static async Task<XElement?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MaxBytes)
                throw new DavException(StatusCodes.Status413PayloadTooLarge, "The request body is too large.");
        }
        return body.Length == 0 ? null : Parse(() => XmlReader.Create(Rewound(body), Settings()));
    }

    /// <summary>Parses an element that was stored.</summary>
    /// <returns>Null when it is not a well-formed element.</returns>
    public static XElement? TryParse(string text)
    {
        try
        {
            return Parse(() => XmlReader.Create(new StringReader(text), Settings()));
        }
        catch (DavException)
        {
            return null;
        }
    }

    private static MemoryStream Rewound(MemoryStream body)
    {
        body.Position = 0;
        return body;
    }

    private static XmlReaderSettings Settings() => new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxBytes,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    private static XElement Parse(Func<XmlReader> open)
    {
        try
        {
            // The depth is checked first: a tree of a million levels must not be built only to be refused.
            using (var look = open())
            {
                while (look.Read())
                {
                    if (look.Depth > MaxDepth)
                        throw new DavException(StatusCodes.Status400BadRequest, "The XML is nested too deeply.");
                }
            }
            using var reader = open();
            return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
        }
        catch (XmlException e)
        {
            throw new DavException(StatusCodes.Status400BadRequest, $"The XML is malformed at line {e.LineNumber}.");
        }
    }
}
