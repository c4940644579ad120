using System.Text;
using System.Xml;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>A response with the reason that a request failed.</summary>
/// <param name="message">The message that clients may show or log.</param>
internal sealed class DavRefusal(int status, string message) : IResult
{
    // The namespace in which clients of SabreDAV servers look for a message.
    private const string Sabre = "http://sabredav.org/ns";
    private const string RetryAfter = "2";

    /// <summary>The condition that failed; null for none.</summary>
    public string? Condition { get; init; }

    /// <summary>Addresses that belong to the condition.</summary>
    public IReadOnlyList<string> Hrefs { get; init; } = [];

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Basic realm=\"cloudreve\"";
        if (DavStatus.IsTemporary(status))
            response.Headers.RetryAfter = RetryAfter;
        if (status is StatusCodes.Status304NotModified || HttpMethods.IsHead(httpContext.Request.Method))
            return;
        var body = Print();
        response.ContentType = "application/xml; charset=utf-8";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private byte[] Print()
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("D", "error", DavXml.Namespace);
            if (Condition is not null)
            {
                xml.WriteStartElement("D", Condition, DavXml.Namespace);
                foreach (var href in Hrefs)
                    xml.WriteElementString("D", "href", DavXml.Namespace, href);
                xml.WriteEndElement();
            }
            xml.WriteElementString("s", "message", Sabre, message);
            xml.WriteEndElement();
        }
        return buffer.ToArray();
    }
}
