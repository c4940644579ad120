using Cloudreve.Functions.WebDav.Methods;
using Cloudreve.Functions.WebDav.Requests;
using Cloudreve.Functions.WebDav.Uploads;

namespace Cloudreve.Functions.WebDav;

/// <summary>The methods of the protocol, independent of the address at which it is spoken.</summary>
/// <param name="Options">OPTIONS.</param>
/// <param name="Reading">GET and HEAD.</param>
/// <param name="Listing">PROPFIND.</param>
/// <param name="Properties">PROPPATCH.</param>
/// <param name="Writing">PUT and MKCOL.</param>
/// <param name="Deletion">DELETE.</param>
/// <param name="Transfer">COPY and MOVE.</param>
/// <param name="Locking">LOCK and UNLOCK.</param>
/// <param name="Uploads">All of them, for uploads in chunks.</param>
internal sealed record DavMethods(
    DavOptions Options, DavReading Reading, DavListing Listing, DavPropertyChange Properties, DavWriting Writing, DavDeletion Deletion, DavTransfer Transfer,
    DavLocking Locking, DavUploads Uploads)
{
    /// <summary>Handles a request whose function is for several methods.</summary>
    public Task RunAsync(DavCall call, CancellationToken cancellationToken) => call.Request.Method.ToUpperInvariant() switch
    {
        var method when call.Path.IsUpload => Uploads.RunAsync(call, method, cancellationToken),
        "PUT" => Writing.PutAsync(call, cancellationToken),
        "PROPFIND" => Listing.SendAsync(call, cancellationToken),
        "PROPPATCH" => Properties.ChangeAsync(call, cancellationToken),
        "DELETE" => Deletion.DeleteAsync(call, cancellationToken),
        "MKCOL" => Writing.MakeFolderAsync(call, cancellationToken),
        "COPY" => Transfer.CopyAsync(call, cancellationToken),
        "MOVE" => Transfer.MoveAsync(call, cancellationToken),
        "LOCK" => Locking.LockAsync(call, cancellationToken),
        "UNLOCK" => Locking.UnlockAsync(call, cancellationToken),
        _ => Reading.SendAsync(call, cancellationToken),
    };
}
