using System.Text;
using System.Xml;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Responses of a storage provider, whose role the site plays for direct uploads: errors are XML, which clients show.</summary>
internal static class ProviderAnswer
{
    /// <summary>Runs a handler and turns its failures into responses of a storage provider.</summary>
    /// <param name="handle">The handler.</param>
    public static async Task<IResult> GuardAsync(HttpContext http, Func<Task<IResult>> handle)
    {
        Open(http);
        try
        {
            return await handle();
        }
        catch (CloudreveException e)
        {
            return Error(StatusOf(e.Code), e.Code, e.Message);
        }
        catch (StorageException)
        {
            return Error(StatusCodes.Status503ServiceUnavailable, ErrorCode.IoError, "The storage is not available; try again later.");
        }
    }

    /// <summary>A failure, of whatever kind.</summary>
    /// <param name="message">The message that clients show.</param>
    public static IResult Refuse(HttpContext http, ErrorCode code, string message)
    {
        Open(http);
        return Error(code is ErrorCode.DatabaseError or ErrorCode.UnsetError ? StatusCodes.Status503ServiceUnavailable : StatusOf(code), code, message);
    }

    /// <summary>Confirms that an upload is complete.</summary>
    /// <param name="mark">Identifies the content.</param>
    public static IResult Completed(string mark) => Xml("CompleteMultipartUploadResult", StatusCodes.Status200OK, [("ETag", $"\"{mark}\"")]);

    private static void Open(HttpContext http)
    {
        // Clients may run on other origins, and the address is secret in itself.
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.CacheControl = "private, no-cache";
    }

    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.NoPermission or ErrorCode.BadSignature or ErrorCode.SignatureExpired => StatusCodes.Status403Forbidden,
        ErrorCode.UploadSessionExpired or ErrorCode.PathNotFound => StatusCodes.Status404NotFound,
        _ => StatusCodes.Status400BadRequest,
    };

    private static IResult Error(int status, ErrorCode code, string message) => Xml("Error", status, [("Code", code.ToString()), ("Message", message)]);

    private static IResult Xml(string root, int status, (string Name, string Text)[] elements)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            writer.WriteStartElement(root);
            foreach (var (name, value) in elements)
                writer.WriteElementString(name, value);
            writer.WriteEndElement();
        }
        return Results.Text(text.ToString(), "application/xml", Encoding.UTF8, status);
    }
}
