using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav;

/// <summary>
/// The WebDAV server under the addresses that clients of Nextcloud and ownCloud know: <c>remote.php/webdav</c> and
/// <c>remote.php/dav/files/{user}</c>; uploads in chunks are at <c>remote.php/dav/uploads/{user}</c>.
/// </summary>
internal sealed class NextcloudFunctions(DavGate gate, DavMethods methods)
{
    /// <summary>Reports the server's capabilities.</summary>
    [Function("NextcloudOptions")]
    [Requires(AuthClass.None)]
    [DavFailures]
    public IResult Options(
        [HttpTrigger(AuthorizationLevel.Anonymous, "options", Route = "remote.php/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Options(methods.Options, cancellationToken);

    /// <summary>Reads files and properties.</summary>
    [Function("NextcloudRead")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Read(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "propfind", Route = "remote.php/{*path}")] HttpRequest request,
        CancellationToken cancellationToken) =>
        gate.Read(call => methods.RunAsync(call, cancellationToken), cancellationToken);

    /// <summary>Writes a file.</summary>
    [Function("NextcloudPut")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(long.MaxValue)]
    public IResult Put(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "remote.php/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.RunAsync(call, cancellationToken), cancellationToken);

    /// <summary>Changes files, folders, properties and locks.</summary>
    [Function("NextcloudChange")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Change(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", "mkcol", "copy", "move", "proppatch", "lock", "unlock", Route = "remote.php/{*path}")]
        HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.RunAsync(call, cancellationToken), cancellationToken);
}
