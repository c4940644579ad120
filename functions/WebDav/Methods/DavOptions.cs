using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Handles OPTIONS: the capabilities of the server, and the methods that a resource allows.</summary>
/// <param name="places">Finds the resource.</param>
internal sealed class DavOptions(DavPlaces places)
{
    private const string OfAll = "OPTIONS, GET, HEAD, POST, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
    private const string OfFiles = "OPTIONS, GET, HEAD, POST, PUT, DELETE, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
    private const string OfFolders = "OPTIONS, DELETE, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";
    private const string OfUploads = "OPTIONS, PUT, DELETE, MKCOL, MOVE, PROPFIND";
    private const string OfNothing = "OPTIONS, PUT, MKCOL, LOCK";

    /// <summary>Responds to an anonymous client. No transaction.</summary>
    public static void AnswerAnybody(HttpResponse response) => Answer(response, OfAll);

    /// <summary>Responds to a client. Path + 1 transactions.</summary>
    public async Task AnswerAsync(DavCall call, CancellationToken cancellationToken)
    {
        if (call.Path.IsUpload)
        {
            Answer(call.Response, OfUploads);
            return;
        }
        var found = await places.FindAsync(call, call.Path, NavigatorCapability.ListChildren, cancellationToken);
        Answer(call.Response, found.Entry switch
        {
            null => OfNothing,
            { Type: FileType.Folder } => OfFolders,
            _ => OfFiles,
        });
    }

    private static void Answer(HttpResponse response, string allowed)
    {
        response.Headers["DAV"] = "1, 2, 3";
        // Without it Windows takes the server for one of FrontPage.
        response.Headers["MS-Author-Via"] = "DAV";
        response.Headers.Allow = allowed;
        response.ContentLength = 0;
    }
}
