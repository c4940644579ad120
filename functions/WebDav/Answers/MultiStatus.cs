using System.Text;
using System.Xml;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>
/// Writes a multistatus answer (RFC 4918, section 13) piece by piece: the output is buffered and sent a page at a time.
/// </summary>
internal sealed class MultiStatus(HttpResponse response) : IAsyncDisposable
{
    private const int Piece = 64 * 1024;

    private readonly MemoryStream _buffer = new();
    private XmlWriter? _xml;

    /// <summary>Writes the elements of responses.</summary>
    public XmlWriter Xml => _xml ??= Begin();

    /// <summary>Begins the response of one resource.</summary>
    /// <param name="href">Its address.</param>
    public void BeginResponse(string href)
    {
        Xml.WriteStartElement("response", DavXml.Namespace);
        Xml.WriteElementString("href", DavXml.Namespace, href);
    }

    /// <summary>Ends the response of one resource.</summary>
    public void EndResponse() => Xml.WriteEndElement();

    /// <summary>Writes a status.</summary>
    public void WriteStatus(int status) => Xml.WriteElementString("status", DavXml.Namespace, LineOf(status));

    /// <summary>Sends the buffer, once it is large enough.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length < Piece)
            Xml.Flush();
        if (_buffer.Length >= Piece)
            await FlushAsync(cancellationToken);
    }

    /// <summary>Sends the end.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        Xml.WriteEndElement();
        Xml.Flush();
        if (!response.HasStarted)
            response.ContentLength = _buffer.Length;
        await FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _buffer.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A status as the protocol writes it.</summary>
    public static string LineOf(int status) => status switch
    {
        StatusCodes.Status200OK => "HTTP/1.1 200 OK",
        StatusCodes.Status403Forbidden => "HTTP/1.1 403 Forbidden",
        StatusCodes.Status404NotFound => "HTTP/1.1 404 Not Found",
        StatusCodes.Status424FailedDependency => "HTTP/1.1 424 Failed Dependency",
        StatusCodes.Status507InsufficientStorage => "HTTP/1.1 507 Insufficient Storage",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private XmlWriter Begin()
    {
        response.StatusCode = StatusCodes.Status207MultiStatus;
        response.ContentType = "application/xml; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        var xml = XmlWriter.Create(_buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(false) });
        xml.WriteStartElement("D", "multistatus", DavXml.Namespace);
        return xml;
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length), cancellationToken);
        _buffer.SetLength(0);
    }
}
