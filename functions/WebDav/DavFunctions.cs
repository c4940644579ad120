using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav;

/// <summary>The WebDAV server (contract, section 20; RFC 4918). Name and password of a WebDAV account decide, not the signed-in user.</summary>
internal sealed class DavFunctions(DavGate gate, DavMethods methods)
{
    // The amount that a client may store is checked while it arrives.
    private const long Unlimited = long.MaxValue;

    /// <summary>Reports the server's capabilities.</summary>
    [Function("DavOptions")]
    [Requires(AuthClass.None)]
    [DavFailures]
    public IResult Options(
        [HttpTrigger(AuthorizationLevel.Anonymous, "options", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Options(methods.Options, cancellationToken);

    /// <summary>Reads a file.</summary>
    [Function("DavGet")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(BodyLimitAttribute.None)]
    public IResult Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", "post", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Read(call => methods.Reading.SendAsync(call, cancellationToken), cancellationToken);

    /// <summary>Writes a file.</summary>
    [Function("DavPut")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(Unlimited)]
    public IResult Put(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Writing.PutAsync(call, cancellationToken), cancellationToken);

    /// <summary>Deletes a file or folder.</summary>
    [Function("DavDelete")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(BodyLimitAttribute.None)]
    public IResult Delete(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Deletion.DeleteAsync(call, cancellationToken), cancellationToken);

    /// <summary>Creates a folder.</summary>
    [Function("DavMkcol")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult MakeFolder(
        [HttpTrigger(AuthorizationLevel.Anonymous, "mkcol", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Writing.MakeFolderAsync(call, cancellationToken), cancellationToken);

    /// <summary>Copies a file or folder.</summary>
    [Function("DavCopy")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Copy(
        [HttpTrigger(AuthorizationLevel.Anonymous, "copy", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Transfer.CopyAsync(call, cancellationToken), cancellationToken);

    /// <summary>Moves a file or folder.</summary>
    [Function("DavMove")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Move(
        [HttpTrigger(AuthorizationLevel.Anonymous, "move", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Transfer.MoveAsync(call, cancellationToken), cancellationToken);

    /// <summary>Returns properties of files and folders.</summary>
    [Function("DavPropfind")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult FindProperties(
        [HttpTrigger(AuthorizationLevel.Anonymous, "propfind", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Read(call => methods.Listing.SendAsync(call, cancellationToken), cancellationToken);

    /// <summary>Changes properties of a file or folder.</summary>
    [Function("DavProppatch")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult ChangeProperties(
        [HttpTrigger(AuthorizationLevel.Anonymous, "proppatch", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Properties.ChangeAsync(call, cancellationToken), cancellationToken);

    /// <summary>Locks a file or folder.</summary>
    [Function("DavLock")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Lock(
        [HttpTrigger(AuthorizationLevel.Anonymous, "lock", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Locking.LockAsync(call, cancellationToken), cancellationToken);

    /// <summary>Releases a lock.</summary>
    [Function("DavUnlock")]
    [Requires(AuthClass.None)]
    [DavFailures]
    [BodyLimit(DavXml.MaxBytes)]
    public IResult Unlock(
        [HttpTrigger(AuthorizationLevel.Anonymous, "unlock", Route = "dav/{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        gate.Change(call => methods.Locking.UnlockAsync(call, cancellationToken), cancellationToken);
}
